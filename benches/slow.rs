//! What slow senders cost others: the 99th percentile of a normal sender's wait, alone and beside 200 connections that drip
//! a head, drip a body, or say nothing.
//!
//! `cargo bench --bench slow`. The two are measured in turns on one listener, and rounds that stood side by side are compared;
//! the ratio should be below 2.

// A benchmark that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use creel::{
    capture::{ListenSettings, Listener},
    store::{Limits, Store},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

const SLOW: usize = 200;
const ROUNDS: usize = 15;
const REQUESTS: usize = 2000;

/// Drips for ever, in one of three ways.
async fn drip(addr: SocketAddr, number: usize) {
    loop {
        let Ok(mut stream) = TcpStream::connect(addr).await else { continue };
        let begins: &[u8] = match number % 3 {
            0 => b"POST / HTTP/1.1\r\nHost: h\r\nX-Slow: ",
            1 => b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n",
            _ => b"",
        };
        let mut end = stream.write_all(begins).await;
        while end.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            end = if begins.is_empty() { Ok(()) } else { stream.write_all(b"x").await };
            if begins.is_empty() && stream.try_read(&mut [0]).is_ok() {
                break;
            }
        }
    }
}

/// The 99th percentile of the time to an answer, in microseconds.
async fn p99(addr: SocketAddr, request: &[u8]) -> f64 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        stream.write_all(request).await.unwrap();
        let mut filled = 0;
        while !buffer[..filled].ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[REQUESTS * 99 / 100].as_secs_f64() * 1e6
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let body = vec![b'x'; 7000];
    let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    let request = [head.as_bytes(), &body].concat();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
            sender.send(listener.local_addr()).unwrap();
            let store = Store::new(Limits::default());
            listener.serve(store, ListenSettings::default(), CancellationToken::new()).await;
        });
    });
    let addr = receiver.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The slow ones have a thread of their own, so that they do not take the normal sender's time.
    let slow = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    runtime.block_on(p99(addr, &request));
    for _ in 0..ROUNDS {
        alone.push(runtime.block_on(p99(addr, &request)));
        let dripping: Vec<_> = (0..SLOW).map(|number| slow.spawn(drip(addr, number))).collect();
        std::thread::sleep(Duration::from_millis(300));
        beside.push(runtime.block_on(p99(addr, &request)));
        dripping.iter().for_each(tokio::task::JoinHandle::abort);
        std::thread::sleep(Duration::from_millis(100));
    }
    let ratio = middle(beside.iter().zip(&alone).map(|(beside, alone)| beside / alone).collect());
    println!(
        "99th percentile of {REQUESTS} requests, middle of {ROUNDS} rounds: alone {:.0} µs, beside {SLOW} slow connections {:.0} µs",
        middle(alone),
        middle(beside)
    );
    println!("beside / alone {ratio:.2}");
}
