//! Awaiting several fetches at once, without an async runtime.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs all of `futures` together and gives their outputs in the same order. Each wake polls every
/// unfinished one: meant for the few dozen fetches of one stage.
pub async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
    let mut outputs: Vec<Option<T>> = pending.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (slot, output) in pending.iter_mut().zip(&mut outputs) {
            let Some(future) = slot else { continue };
            match Pin::as_mut(future).poll(context) {
                Poll::Ready(value) => {
                    *output = Some(value);
                    *slot = None;
                }
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::task::{Context, Waker};

    /// Pending for `turns` polls.
    async fn slow(name: usize, turns: usize, log: &RefCell<Vec<usize>>) -> usize {
        let mut left = turns;
        poll_fn(|_| {
            log.borrow_mut().push(name);
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        name
    }

    #[test]
    fn all_start_before_any_ends_and_outputs_keep_their_order() {
        let log = RefCell::new(vec![]);
        let mut joined = Box::pin(join_all((0..3).map(|n| slow(n, 3 - n, &log))));
        let mut context = Context::from_waker(Waker::noop());
        let mut turns = 0;
        let outputs = loop {
            turns += 1;
            if let Poll::Ready(outputs) = joined.as_mut().poll(&mut context) {
                break outputs;
            }
        };
        assert_eq!(outputs, [0, 1, 2]);
        assert_eq!(turns, 3);
        assert_eq!(*log.borrow(), [0, 1, 2, 0, 1, 0]);
    }

    #[test]
    fn nothing_to_await_is_ready() {
        let mut joined = Box::pin(join_all(Vec::<std::future::Ready<u8>>::new()));
        let polled = joined.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(vec![]));
    }
}
