//! A file server on the loopback interface, for the built page.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// A server that answers until the program ends.
pub(crate) struct Server {
    address: SocketAddr,
    thread: thread::JoinHandle<Result<()>>,
}

impl Server {
    /// Serves a folder at `127.0.0.1:port`; port 0 takes any free one.
    pub(crate) fn start(folder: &Path, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("port {port} cannot be listened on; choose another with --port N")
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let router = router(folder);
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
