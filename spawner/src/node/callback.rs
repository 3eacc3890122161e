use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

/// How long a hub may be away (it may be restarting) before the job gives up.
const PATIENCE: Duration = Duration::from_mins(5);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The longest wait for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// What the hub is told: typed, and nothing that it would have to believe. It takes the address
/// of the node from Slurm.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) port: u16,
    pub(super) node: &'a str,
    pub(super) nonce: &'a str,
}

/// Tells the hub the port. An answer of "no" is final: the spawn was cancelled or is another one.
pub(super) fn report(api_url: &str, token: &str, report: &Report<'_>) -> anyhow::Result<()> {
    let url = format!("{}/ferrolab/ready", api_url.trim_end_matches('/'));
    let body =
        json!({ "port": report.port, "node": report.node, "nonce": report.nonce }).to_string();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(ANSWER_LIMIT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let deadline = Instant::now() + PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = agent
            .post(&url)
            .header("Authorization", format!("token {token}"))
            .header("Content-Type", "application/json")
            .send(&body);
        let problem = match answer {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) if response.status().is_client_error() => bail!(
                "the hub at {url} does not want this server (status {}): it was stopped, or started \
                 again as another job",
                response.status().as_u16()
            ),
            Ok(response) => format!("status {}", response.status().as_u16()),
            Err(error) => error.to_string(),
        };
        if Instant::now() + pause > deadline {
            return Err(anyhow::anyhow!(problem)).with_context(|| {
                format!(
                    "no hub at {url} for {} s: can this node reach it?",
                    PATIENCE.as_secs()
                )
            });
        }
        eprintln!("ferrolab: {url}: {problem}; trying again");
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A server that gives each of these answers once, and what it was sent last.
    fn serve(answers: &'static [&'static str]) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hub/api", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut last = String::new();
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream);
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                last = head + &String::from_utf8(body).unwrap();
                let reply =
                    format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                reader.get_mut().write_all(reply.as_bytes()).unwrap();
            }
            last
        });
        (url, server)
    }

    const REPORT: Report<'_> = Report {
        port: 4711,
        node: "n1",
        nonce: "abc",
    };

    #[test]
    fn the_report_is_authenticated_and_repeated_while_the_hub_is_away() {
        let (url, server) = serve(&["503 Service Unavailable", "200 OK"]);
        report(&url, "s3cret", &REPORT).unwrap();
        let seen = server.join().unwrap();
        assert!(seen.starts_with("POST /hub/api/ferrolab/ready "), "{seen}");
        assert!(
            seen.to_ascii_lowercase()
                .contains("authorization: token s3cret"),
            "{seen}"
        );
        assert!(
            seen.ends_with(r#"{"port":4711,"node":"n1","nonce":"abc"}"#),
            "{seen}"
        );
    }

    #[test]
    fn a_refusal_is_final() {
        let (url, server) = serve(&["403 Forbidden"]);
        let error = report(&url, "s3cret", &REPORT).unwrap_err().to_string();
        assert!(error.contains("does not want this server"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
        server.join().unwrap();
    }
}
