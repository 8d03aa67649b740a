using Shouldly;
using Skep.Agent.Events;
using Xunit;

namespace Skep.Cli.Tests.Export;

public class EventQueueTests
{
    const int Capacity = 64 * 1024;

    readonly EventQueue _queue = new(Capacity, lost => BitConverter.GetBytes(lost));

    [Fact]
    public void Taker_is_woken_at_the_batch_s_end_of_few_events()
    {
        _queue.Add(new byte[100]);
        var waiting = _queue.WaitAsync(CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();

        _queue.Signal();

        waiting.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Taker_is_woken_within_the_batch_of_many_events()
    {
        var waiting = _queue.WaitAsync(CancellationToken.None);

        while (!waiting.IsCompleted) _queue.Add(new byte[100]).ShouldBeTrue();

        _queue.Length.ShouldBeLessThan(Capacity / 4);
    }

    [Fact]
    public void Loss_is_told_at_its_place()
    {
        var event1 = new byte[Capacity - 2048];
        _queue.Add(event1).ShouldBeTrue();
        _queue.Add(event1).ShouldBeFalse();
        _queue.Take();
        _queue.Add([1, 2, 3]).ShouldBeTrue();

        var batch = _queue.Take();

        BitConverter.ToInt64(batch.Next().Span).ShouldBe(1);
        batch.Next().ToArray().ShouldBe([1, 2, 3]);
        batch.IsEmpty.ShouldBeTrue();
    }
}
