use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};

/// What the network between the service and its database does.
#[derive(Debug, Clone, Copy)]
struct Weather {
    /// How long a way takes.
    delay: Duration,
    /// The number of the first connection that is not silent for good.
    first_alive: u64,
    /// Whether nothing is let through at all.
    silent: bool,
}

/// A network between a service and its database that can go bad.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    accepted: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server of a URL.
    pub async fn before(url: &str) -> Result<Self> {
        let (_, rest) = url.rsplit_once('@').context("a URL with a host")?;
        let server: SocketAddr = rest.split('/').next().unwrap_or_default().parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let weather = watch::Sender::new(Weather { delay: Duration::ZERO, first_alive: 0, silent: false });
        let accepted = Arc::new(AtomicU64::new(0));
        let (told, count) = (weather.subscribe(), accepted.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connect(client, server, number, told.clone()));
            }
        });
        Ok(Self { address, weather, accepted, task })
    }

    /// The same URL by way of this network.
    pub fn url(&self, url: &str) -> Result<String> {
        let (who, rest) = url.rsplit_once('@').context("a URL with a host")?;
        let (_, database) = rest.split_once('/').context("a URL with a database")?;
        Ok(format!("{who}@{}/{database}", self.address))
    }

    /// Makes each round trip take so long, and the making of a connection one more.
    pub fn delay(&self, round_trip: Duration) {
        self.weather.send_modify(|weather| weather.delay = round_trip / 2);
    }

    /// Lets nothing through. No connection is refused or closed.
    pub fn silence(&self) {
        self.weather.send_modify(|weather| weather.silent = true);
    }

    /// Lets new connections through. Those that were there stay silent.
    pub fn heal(&self) {
        let first_alive = self.accepted();
        self.weather.send_modify(|weather| {
            weather.silent = false;
            weather.first_alive = first_alive;
        });
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(client: TcpStream, server: SocketAddr, number: u64, weather: watch::Receiver<Weather>) {
    let delay = weather.borrow().delay * 2;
    sleep(delay).await;
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // An end of either side ends both, as it would on the way.
    tokio::select! {
        () = carry(from_client, to_server, number, weather.clone()) => {}
        () = carry(from_server, to_client, number, weather) => {}
    }
}

/// Carries bytes one way. What comes while another part is under way sets out at once.
async fn carry(from: OwnedReadHalf, to: OwnedWriteHalf, number: u64, weather: watch::Receiver<Weather>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let told = weather.clone();
    let _ = tokio::join!(depart(from, sender, told), arrive(to, receiver, number, weather));
}

type Part = (Instant, Vec<u8>);

async fn depart(
    mut from: OwnedReadHalf,
    sender: mpsc::UnboundedSender<Part>,
    weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        let arrives = Instant::now() + weather.borrow().delay;
        if count == 0 || sender.send((arrives, buffer[..count].to_vec())).is_err() {
            return Ok(());
        }
    }
}

async fn arrive(
    mut to: OwnedWriteHalf,
    mut receiver: mpsc::UnboundedReceiver<Part>,
    number: u64,
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    while let Some((arrives, part)) = receiver.recv().await {
        sleep_until(arrives).await;
        // A connection of before the last silence waits for good: the first that is alive only ever comes later.
        let passes = |weather: &Weather| !weather.silent && weather.first_alive <= number;
        if weather.wait_for(passes).await.is_err() {
            return Ok(());
        }
        to.write_all(&part).await?;
    }
    Ok(())
}
