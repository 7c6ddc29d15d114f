//! (h) Items through a bounded channel, from a thread to an executor's, or to one that blocks.
//!
//! The variant is the capacity, times 10000, plus the batch, which is how many are received at once
//! (all of them send one by one). With 100000000 more, the items are buffers of 4 KiB that come back
//! through a second channel.

use crate::{ns_per_op, pin, runtime, Bench};
use futures::executor::block_on;
use std::{future::Future, sync::Barrier, thread, time::Instant};

/// As large as a tenon_value_t.
enum Item {
    Number(u64),
    Buffer(Vec<u8>),
}
const _: () = assert!(std::mem::size_of::<Item>() <= 32);

/// The sending end, of a thread that may block.
trait Sender: Send {
    fn send(&self, item: Item);
    /// For the receiver, which sends buffers back: there is room, but perhaps nobody any more.
    fn send_now(&self, item: Item);
}

/// The receiving end; `run` drives it.
trait Receiver: Send {
    async fn receive(&mut self) -> Item;
    fn receive_now(&mut self) -> Option<Item>;
    /// For the sender, which takes buffers back.
    fn receive_blocking(&mut self) -> Option<Item>;
    fn run<T>(work: impl Future<Output = T>) -> T {
        block_on(work)
    }
}

macro_rules! sender {
    ($type:ty, $send:path) => {
        impl Sender for $type {
            fn send(&self, item: Item) {
                assert!($send(self, item).is_ok());
            }
            fn send_now(&self, item: Item) {
                let _ = self.try_send(item);
            }
        }
    };
}

sender!(tokio::sync::mpsc::Sender<Item>, tokio::sync::mpsc::Sender::blocking_send);
sender!(async_channel::Sender<Item>, async_channel::Sender::send_blocking);
sender!(flume::Sender<Item>, flume::Sender::send);
sender!(crossbeam_channel::Sender<Item>, crossbeam_channel::Sender::send);
sender!(std::sync::mpsc::SyncSender<Item>, std::sync::mpsc::SyncSender::send);

impl Receiver for tokio::sync::mpsc::Receiver<Item> {
    async fn receive(&mut self) -> Item {
        self.recv().await.unwrap()
    }
    fn receive_now(&mut self) -> Option<Item> {
        self.try_recv().ok()
    }
    fn receive_blocking(&mut self) -> Option<Item> {
        self.blocking_recv()
    }
    fn run<T>(work: impl Future<Output = T>) -> T {
        runtime().block_on(work)
    }
}

impl Receiver for async_channel::Receiver<Item> {
    async fn receive(&mut self) -> Item {
        self.recv().await.unwrap()
    }
    fn receive_now(&mut self) -> Option<Item> {
        self.try_recv().ok()
    }
    fn receive_blocking(&mut self) -> Option<Item> {
        self.recv_blocking().ok()
    }
}

impl Receiver for flume::Receiver<Item> {
    async fn receive(&mut self) -> Item {
        self.recv_async().await.unwrap()
    }
    fn receive_now(&mut self) -> Option<Item> {
        self.try_recv().ok()
    }
    fn receive_blocking(&mut self) -> Option<Item> {
        self.recv().ok()
    }
}

macro_rules! blocking_receiver {
    ($type:ty) => {
        impl Receiver for $type {
            async fn receive(&mut self) -> Item {
                self.recv().unwrap()
            }
            fn receive_now(&mut self) -> Option<Item> {
                self.try_recv().ok()
            }
            fn receive_blocking(&mut self) -> Option<Item> {
                self.recv().ok()
            }
        }
    };
}

blocking_receiver!(crossbeam_channel::Receiver<Item>);
blocking_receiver!(std::sync::mpsc::Receiver<Item>);

/// What is there at once, at most `batch`; waits for the first.
async fn receive<R: Receiver>(receiver: &mut R, items: &mut Vec<Item>, batch: usize) {
    items.push(receiver.receive().await);
    while items.len() < batch {
        match receiver.receive_now() {
            Some(item) => items.push(item),
            None => return,
        }
    }
}

fn measure<S: Sender, R: Receiver>(bench: &Bench, channel: impl Fn(usize) -> (S, R)) -> f64 {
    pin(0);
    let is_buffers = bench.variant >= 100_000_000;
    let capacity = (bench.variant % 100_000_000 / 10_000) as usize;
    let batch = (bench.variant % 10_000) as usize;
    let count = bench.iterations;
    let (sender, mut receiver) = channel(capacity);
    let (back_sender, mut back_receiver) = channel(2 * capacity + batch);
    if is_buffers {
        for _ in 0..capacity + batch {
            back_sender.send_now(Item::Buffer(vec![1; 4096]));
        }
    }
    let start_line = Barrier::new(2);
    let mut start = Instant::now();
    thread::scope(|scope| {
        let start_line = &start_line;
        scope.spawn(move || {
            pin(1);
            start_line.wait();
            for number in 0..count {
                let item = if is_buffers {
                    match back_receiver.receive_blocking() {
                        Some(Item::Buffer(mut buffer)) => {
                            buffer.fill(number as u8);
                            Item::Buffer(buffer)
                        }
                        _ => return,
                    }
                } else {
                    Item::Number(number)
                };
                sender.send(item);
            }
        });
        start_line.wait();
        start = Instant::now();
        R::run(async {
            let mut items = Vec::with_capacity(batch);
            let (mut received, mut sum) = (0, 0u64);
            while received < count {
                receive(&mut receiver, &mut items, batch).await;
                for item in items.drain(..) {
                    match item {
                        Item::Number(number) => assert!(number == received),
                        Item::Buffer(buffer) => {
                            sum += buffer[4095] as u64;
                            back_sender.send_now(Item::Buffer(buffer));
                        }
                    }
                    received += 1;
                }
            }
            std::hint::black_box(sum);
        });
    });
    ns_per_op(start, count)
}

/// All on one thread: as many as there is room for are sent, then all of them are received.
fn measure_ready<S: Sender, R: Receiver>(bench: &Bench, channel: impl Fn(usize) -> (S, R)) -> f64 {
    let capacity = bench.variant / 10_000;
    let (sender, mut receiver) = channel(capacity as usize);
    let start = Instant::now();
    for first in (0..bench.iterations).step_by(capacity as usize) {
        let numbers = first..bench.iterations.min(first + capacity);
        numbers.clone().for_each(|number| sender.send_now(Item::Number(number)));
        R::run(async {
            for number in numbers {
                assert!(matches!(receiver.receive().await, Item::Number(same) if same == number));
            }
        });
    }
    ns_per_op(start, bench.iterations)
}

pub fn run(bench: &Bench) -> f64 {
    match bench.subject.as_str() {
        "async-channel-ready" => measure_ready(bench, async_channel::bounded),
        "flume-ready" => measure_ready(bench, flume::bounded),
        "tokio" => measure(bench, tokio::sync::mpsc::channel),
        "async-channel" => measure(bench, async_channel::bounded),
        "flume" => measure(bench, flume::bounded),
        "crossbeam" => measure(bench, crossbeam_channel::bounded),
        "sync-channel" => measure(bench, std::sync::mpsc::sync_channel),
        subject => panic!("no subject {subject:?}"),
    }
}
