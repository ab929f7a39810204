//! Clients that are slow, idle or gone.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use shirube_testing::{Backend, TestServer};
use tokio::{
    net::TcpSocket,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::Socket;

const QUERY: &str = "{ viewer { kind } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_socket_outlives_the_limits_of_requests_and_a_silent_one_is_dropped() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let mut idle = Socket::of(&server, None).await?;
    let mut silent = Socket::of(&server, None).await?;
    let began = Instant::now();
    // Reading answers the server's pings; who does not read does not answer.
    ensure!(idle.next(Duration::from_secs(35)).await.is_err(), "nothing is said to who asks nothing");
    idle.subscribe("1", QUERY).await?;
    assert_eq!(idle.hear().await?["type"], "next", "after {:?}", began.elapsed());
    let dropped = timeout(Duration::from_secs(5), async { while let Some(Ok(_)) = silent.0.next().await {} });
    ensure!(dropped.await.is_ok(), "the other end is gone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_dropped_and_nothing_piles_up() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let tcp = TcpSocket::new_v4()?;
    tcp.set_recv_buffer_size(8 * 1024)?;
    let stream = tcp.connect(server.address()).await?;
    let mut request = format!("ws://{}/graphql", server.address()).into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (mut socket, _) = client_async(request, stream).await?;
    socket.send(Message::text(json!({ "type": "connection_init" }).to_string())).await?;
    // Each answer is 200 kB, and there are more of them than fit into the buffers of the system.
    let whole = include_str!("../../../schema/operations/strategy.graphql");
    let asked = timeout(Duration::from_secs(20), async {
        for id in 0..200 {
            let payload = json!({ "query": whole, "variables": { "code": "012262" } });
            let message = json!({ "id": id.to_string(), "type": "subscribe", "payload": payload });
            if socket.send(Message::text(message.to_string())).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    let _ = asked.await;
    sleep(Duration::from_secs(12)).await;
    let mut answers = 0;
    let drained = timeout(Duration::from_secs(20), async {
        while let Some(Ok(message)) = socket.next().await {
            answers += usize::from(message.to_text().is_ok_and(|text| text.contains("\"next\"")));
        }
    });
    ensure!(drained.await.is_ok(), "the other end is gone");
    ensure!(answers < 150, "what was asked later was never answered: {answers}");
    // Others are served meanwhile and afterwards.
    let mut other = Socket::of(&server, None).await?;
    other.subscribe("1", QUERY).await?;
    assert_eq!(other.hear().await?["type"], "next");
    Ok(())
}
