//! (c) Jobs (a function and a context) through an unbounded mpsc channel to the runtime's thread.

use crate::{ns_per_op, pin, runtime, Bench};
use std::{cell::Cell, sync::Barrier, thread, time::Instant};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

const BATCH: u64 = 1024;

thread_local!(static DONE: Cell<u64> = const { Cell::new(0) });

struct Job {
    function: fn(u64),
    context: u64,
}

fn count(context: u64) {
    DONE.with(|done| done.set(done.get() + context));
}

fn post(sender: &UnboundedSender<Job>, jobs: u64) {
    for _ in 0..jobs {
        let job = Job { function: count, context: 1 };
        assert!(sender.send(job).is_ok());
    }
}

async fn drain(receiver: &mut UnboundedReceiver<Job>, target: u64) {
    while DONE.with(Cell::get) < target {
        let job = receiver.recv().await.unwrap();
        (job.function)(job.context);
    }
}

pub fn run(bench: &Bench) -> f64 {
    pin(0);
    let (sender, mut receiver) = unbounded_channel();
    let threads = bench.variant;
    let runtime = runtime();
    if threads == 0 {
        let start = Instant::now();
        runtime.block_on(async {
            let mut posted = 0;
            while posted < bench.iterations {
                let batch = BATCH.min(bench.iterations - posted);
                post(&sender, batch);
                posted += batch;
                drain(&mut receiver, posted).await;
            }
        });
        return ns_per_op(start, bench.iterations);
    }
    let share = bench.iterations / threads;
    let start_line = Barrier::new(threads as usize + 1);
    let start = Instant::now();
    thread::scope(|scope| {
        for i in 0..threads as usize {
            let (sender, start_line) = (&sender, &start_line);
            scope.spawn(move || {
                pin(i + 1);
                start_line.wait();
                post(sender, share);
            });
        }
        start_line.wait();
        runtime.block_on(drain(&mut receiver, share * threads));
    });
    ns_per_op(start, bench.iterations)
}
