//! A file server on the loopback interface, for the built page.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use tokio::sync::Semaphore;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// Holds the answers for one file back until it is opened.
#[derive(Clone)]
pub(crate) struct Gate {
    file: Arc<str>,
    way: Arc<Semaphore>,
}

impl Gate {
    /// A closed gate before the file of this name.
    pub(crate) fn before(file: &str) -> Self {
        Self { file: file.into(), way: Arc::new(Semaphore::new(0)) }
    }

    pub(crate) fn open(&self) {
        self.way.close();
    }

    async fn pass(&self, path: &str) {
        if path.ends_with(&*self.file) {
            // There is never a permit: waiting ends when the gate is opened.
            let _ = self.way.acquire().await;
        }
    }
}

/// A server that answers until the program ends.
pub(crate) struct Server {
    address: SocketAddr,
    thread: thread::JoinHandle<Result<()>>,
}

impl Server {
    /// Serves a folder at `127.0.0.1:port`; port 0 takes any free one.
    pub(crate) fn start(folder: &Path, port: u16) -> Result<Self> {
        Self::listen(port, router(folder))
    }

    /// The same at any free port, with a file that is answered only once its gate is open.
    pub(crate) fn start_behind(gate: &Gate, folder: &Path) -> Result<Self> {
        let gate = gate.clone();
        let held = middleware::from_fn(move |request: Request, next: Next| {
            let gate = gate.clone();
            async move {
                gate.pass(request.uri().path()).await;
                next.run(request).await
            }
        });
        Self::listen(0, router(folder).layer(held))
    }

    fn listen(port: u16, router: Router) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("port {port} cannot be listened on; choose another with --port N")
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, router).await?;
                Ok(())
            })
        });
        Ok(Self { address, thread })
    }

    /// The page's address, with a closing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the user stops the program.
    pub(crate) fn wait(self) -> Result<()> {
        self.thread.join().expect("the server's thread does not panic")
    }
}

fn router(folder: &Path) -> Router {
    // A rebuilt page keeps its file names, so the browser must ask again each time.
    let fresh = SetResponseHeaderLayer::overriding(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache"),
    );
    Router::new().fallback_service(ServeDir::new(folder)).layer(fresh)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn answer(server: &Server, request_line: &str) -> String {
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        write!(stream, "{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("the request is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("the answer is text");
        text.to_lowercase()
    }

    fn served() -> (tempfile::TempDir, Server) {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let page = folder.path().join("dist");
        std::fs::create_dir(&page).expect("the folder is new");
        std::fs::write(page.join("index.html"), "<title>hello</title>").expect("writable");
        std::fs::write(page.join("engine.wasm"), "asm").expect("writable");
        std::fs::write(folder.path().join("secret.txt"), "hidden").expect("writable");
        let server = Server::start(&page, 0).expect("a free port is found");
        (folder, server)
    }

    #[test]
    fn a_module_is_served_as_application_wasm() {
        let (_folder, server) = served();
        let text = answer(&server, "GET /engine.wasm");
        assert!(text.starts_with("http/1.1 200"), "{text}");
        assert!(text.contains("content-type: application/wasm"), "{text}");
    }

    #[test]
    fn head_answers_with_the_headers_alone() {
        let (_folder, server) = served();
        let text = answer(&server, "HEAD /");
        assert!(text.starts_with("http/1.1 200"), "{text}");
        assert!(text.contains("content-length: 20"), "{text}");
        assert!(!text.contains("hello"), "{text}");
    }

    #[test]
    fn files_outside_the_folder_are_not_served() {
        let (_folder, server) = served();
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt"]
        {
            let text = answer(&server, &format!("GET {path}"));
            assert!(text.starts_with("http/1.1 404"), "{path}: {text}");
            assert!(!text.contains("hidden"), "{path}: {text}");
        }
    }
}
