//! A receiver of webhooks on this machine, which answers as a test tells it and remembers what it heard.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// How long a test waits for something to be heard.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than it takes the service to look into its agenda, so that what was not heard by then is not sent.
pub(super) const QUIET: Duration = Duration::from_millis(2_500);

/// What was heard.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.body)?)
    }
}

#[derive(Debug, Default)]
struct State {
    heard: Vec<Heard>,
    connections: usize,
    /// What is answered at a path, one after the other and the last one for ever; without any, 204. Nothing at all for 0.
    answers: HashMap<String, VecDeque<u16>>,
}

/// The receiver. It ends with this value.
pub(super) struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                lock(&shared).connections += 1;
                tokio::spawn(answer(stream, shared.clone()));
            }
        });
        Ok(Self { port, state, task })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Says what is answered at a path from now on.
    pub(super) fn answers(&self, path: &str, statuses: &[u16]) {
        lock(&self.state).answers.insert(path.to_owned(), statuses.iter().copied().collect());
    }

    /// What was heard at a path, in its order.
    pub(super) fn heard(&self, path: &str) -> Vec<Heard> {
        lock(&self.state).heard.iter().filter(|heard| heard.path == path).cloned().collect()
    }

    /// How often somebody connected.
    pub(super) fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Waits until something has been heard so often at a path; gives all of it.
    pub(super) async fn hears(&self, path: &str, times: usize) -> Result<Vec<Heard>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let heard = self.heard(path);
            if heard.len() >= times {
                return Ok(heard);
            }
            if Instant::now() > until {
                bail!("{path} heard {} of {times}", heard.len());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) -> Result<()> {
    let heard = read(&mut stream).await?;
    let path = heard.path.clone();
    let status = {
        let mut state = lock(&state);
        state.heard.push(heard);
        match state.answers.get_mut(&path) {
            Some(statuses) if statuses.len() > 1 => statuses.pop_front().unwrap_or(204),
            Some(statuses) => statuses.front().copied().unwrap_or(204),
            None => 204,
        }
    };
    if status == 0 {
        // The sender gives up and closes.
        stream.read_to_end(&mut Vec::new()).await?;
        return Ok(());
    }
    let told = format!("HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(told.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

async fn read(stream: &mut TcpStream) -> Result<Heard> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).context("a path")?.to_owned();
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
    }
    let length = headers.get("content-length").context("a length")?.to_str()?.parse()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Heard { path, headers, body: String::from_utf8(body)? })
}
