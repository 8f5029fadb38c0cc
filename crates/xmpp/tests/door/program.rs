//! A program at the worked door.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// A program at the line door.
pub struct Program(BufReader<UnixStream>);

impl Program {
    pub async fn connect(socket: &Path) -> Self {
        Self(BufReader::new(UnixStream::connect(socket).await.unwrap()))
    }

    pub async fn login(socket: &Path, account: &str, password: &str) -> Self {
        let mut program = Self::connect(socket).await;
        program.asks(&format!("login\t{account}\t{password}"), "ok").await;
        program
    }

    pub async fn says(&mut self, line: &str) {
        self.0.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    pub async fn hears(&mut self, wanted: &str) {
        assert_eq!(self.line().await, wanted);
    }

    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(5), self.0.read_line(&mut line));
        read.await.unwrap().unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    pub async fn asks(&mut self, line: &str, answer: &str) {
        self.says(line).await;
        self.hears(answer).await;
    }
}
