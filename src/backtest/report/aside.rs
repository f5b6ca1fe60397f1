//! A file that is written aside, and named when all that belongs to it is whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file of a report. Until it is [kept](Self::keep) it is gone with its value.
#[derive(Debug)]
pub(super) struct Aside {
    file: File,
    /// Where it is now.
    at: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Aside {
    /// An empty file beside the one it is to be.
    pub fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let at = folder.join(format!(".{name}.part"));
        Ok(Self {
            file: File::create(&at)?,
            at,
            path: folder.join(name),
            kept: false,
        })
    }

    /// A file of this content.
    pub fn of(folder: &Path, name: &str, content: &[u8]) -> io::Result<Self> {
        let mut aside = Self::create(folder, name)?;
        aside.write(content)?;
        Ok(aside)
    }

    pub fn write(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.write_all(content)
    }

    /// Gives the file its name; what had it before is gone.
    pub fn name(&mut self) -> io::Result<()> {
        fs::rename(&self.at, &self.path)?;
        self.at.clone_from(&self.path);
        Ok(())
    }

    /// Leaves the file where it is.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.kept {
            // It was given up; that it cannot be removed either is no news.
            let _ = fs::remove_file(&self.at);
        }
    }
}
