//! The DevTools protocol: numbered calls, their answers, and events, on one web socket.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// How long Chromium may take to answer a call.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// How long one read waits before the deadline is looked at again.
const READ_SLICE: Duration = Duration::from_millis(20);
/// Events kept for readers; a page that says more than this has its oldest words dropped.
const KEPT_EVENTS: usize = 10_000;

/// Something Chromium told without being asked.
pub(super) struct Event {
    pub(super) session: String,
    pub(super) method: String,
    pub(super) params: Value,
}

pub(super) struct Connection {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    events: VecDeque<Event>,
}

impl Connection {
    /// Connects to `ws://host:port/path`.
    pub(super) fn open(url: &str) -> Result<Self> {
        let host = url
            .strip_prefix("ws://")
            .and_then(|rest| rest.split('/').next())
            .with_context(|| format!("{url} is no web socket address"))?;
        let stream = TcpStream::connect(host).context("Chromium does not listen")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        let (socket, _) =
            tungstenite::client(url, stream).map_err(|error| anyhow!("{url}: {error}"))?;
        socket.get_ref().set_read_timeout(Some(READ_SLICE))?;
        Ok(Self { socket, last_id: 0, events: VecDeque::new() })
    }

    /// Calls a method and waits for its answer. An empty session is the browser itself.
    pub(super) fn call(&mut self, session: &str, method: &str, params: &Value) -> Result<Value> {
        let id = self.send(session, method, params)?;
        let deadline = Instant::now() + ANSWER_LIMIT;
        while Instant::now() < deadline {
            let Some(message) = self.read()? else { continue };
            if message["id"].as_u64() != Some(id) {
                self.keep(message);
            } else if let Some(error) = message.get("error") {
                bail!("{method}: {}", error["message"].as_str().unwrap_or("refused"));
            } else {
                return Ok(message["result"].clone());
            }
        }
        bail!("{method}: Chromium did not answer within {} s", ANSWER_LIMIT.as_secs())
    }

    /// Calls a method whose answer nobody needs.
    pub(super) fn send(&mut self, session: &str, method: &str, params: &Value) -> Result<u64> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).context("Chromium went away")?;
        Ok(self.last_id)
    }

    /// Listens for at most `span`.
    pub(super) fn listen(&mut self, span: Duration) -> Result<()> {
        let deadline = Instant::now() + span;
        while Instant::now() < deadline {
            if let Some(message) = self.read()? {
                self.keep(message);
            }
        }
        Ok(())
    }

    /// Takes the events for which `wanted` holds, oldest first.
    pub(super) fn take_events(&mut self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let (taken, left) = self.events.drain(..).partition(wanted);
        self.events = left;
        Vec::from(taken)
    }

    fn keep(&mut self, message: Value) {
        let Some(method) = message["method"].as_str() else { return };
        if self.events.len() == KEPT_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(Event {
            session: message["sessionId"].as_str().unwrap_or_default().to_owned(),
            method: method.to_owned(),
            params: message["params"].clone(),
        });
    }

    fn read(&mut self) -> Result<Option<Value>> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(serde_json::from_str(&text)?)),
            Ok(Message::Close(_)) => bail!("Chromium closed the connection"),
            Ok(_) => Ok(None),
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                Ok(None)
            }
            Err(error) => Err(error).context("Chromium went away"),
        }
    }
}
