//! (h) Items through a bounded mpsc channel, from a thread to the runtime's.
//!
//! The variant is the capacity, times 10000, plus the batch, which is how many are received at once
//! (tokio 1.24 sends one by one). With 100000000 more, the items are buffers of 4 KiB that come back
//! through a second channel.

use crate::{ns_per_op, pin, runtime, Bench};
use std::{sync::Barrier, thread, time::Instant};
use tokio::sync::mpsc::{channel, Receiver};

/// As large as a tenon_value_t.
enum Item {
    Number(u64),
    Buffer(Vec<u8>),
}

/// What is there at once, at most `batch`; waits for the first.
async fn receive(receiver: &mut Receiver<Item>, items: &mut Vec<Item>, batch: usize) {
    items.push(receiver.recv().await.unwrap());
    while items.len() < batch {
        match receiver.try_recv() {
            Ok(item) => items.push(item),
            Err(_) => return,
        }
    }
}

pub fn run(bench: &Bench) -> f64 {
    pin(0);
    let is_buffers = bench.variant >= 100_000_000;
    let capacity = (bench.variant % 100_000_000 / 10_000) as usize;
    let batch = (bench.variant % 10_000) as usize;
    let count = bench.iterations;
    let (sender, mut receiver) = channel(capacity);
    let (back_sender, mut back_receiver) = channel(2 * capacity + batch);
    if is_buffers {
        for _ in 0..capacity + batch {
            assert!(back_sender.try_send(Item::Buffer(vec![1; 4096])).is_ok());
        }
    }
    let start_line = Barrier::new(2);
    let runtime = runtime();
    let mut start = Instant::now();
    thread::scope(|scope| {
        let start_line = &start_line;
        scope.spawn(move || {
            pin(1);
            start_line.wait();
            for number in 0..count {
                let item = if is_buffers {
                    match back_receiver.blocking_recv() {
                        Some(Item::Buffer(mut buffer)) => {
                            buffer.fill(number as u8);
                            Item::Buffer(buffer)
                        }
                        _ => return,
                    }
                } else {
                    Item::Number(number)
                };
                assert!(sender.blocking_send(item).is_ok());
            }
        });
        start_line.wait();
        start = Instant::now();
        runtime.block_on(async {
            let mut items = Vec::with_capacity(batch);
            let (mut received, mut sum) = (0, 0u64);
            while received < count {
                receive(&mut receiver, &mut items, batch).await;
                for item in items.drain(..) {
                    match item {
                        Item::Number(number) => assert!(number == received),
                        Item::Buffer(buffer) => {
                            sum += buffer[4095] as u64;
                            let _ = back_sender.send(Item::Buffer(buffer)).await;
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
