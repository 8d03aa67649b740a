using Shouldly;
using Skep.Bpf.Interop;
using Skep.Engine.Records;
using Xunit;

namespace Skep.Engine.Tests.Records;

public class BootClockTests
{
    [Fact]
    public void Clock_agrees_with_the_time_of_day()
    {
        // The machine's own clocks: only a step of the time between the two readings could part them further.
        var clock = new BootClock();
        var difference = clock.TimeOf(Libc.BootTime) - DateTime.UtcNow;
        difference.Duration().ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Clock_follows_when_the_time_is_set()
    {
        var offset = 1_000_000_000_000L;
        var clock = new BootClock(() => offset);
        clock.UnixNanoseconds(5_000_000_000).ShouldBe(1_005_000_000_000L);
        offset += 3_600_000_000_000L;
        clock.UnixNanoseconds(5_500_000_000).ShouldBe(1_005_500_000_000L); // not looked at yet
        clock.UnixNanoseconds(6_500_000_000).ShouldBe(4_606_500_000_000L);
    }

    [Fact]
    public void Clock_ignores_small_differences()
    {
        var offset = 1_000_000_000_000L;
        var clock = new BootClock(() => offset);
        offset += 500_000;
        clock.UnixNanoseconds(10_000_000_000).ShouldBe(1_010_000_000_000L);
    }

    [Fact]
    public void Clock_of_another_time_stands_still() => new BootClock(new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TimeOf(1_500_000_000).ShouldBe(new DateTime(2030, 1, 1, 0, 0, 1, 500, DateTimeKind.Utc));
}
