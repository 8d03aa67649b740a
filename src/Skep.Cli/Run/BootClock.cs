using System.Globalization;

namespace Skep.Cli.Run;

/// <summary>Turns the kernel's nanoseconds since boot into time of day; the offset is taken once.</summary>
sealed class BootClock
{
    readonly long _bootTicks;

    public BootClock()
    {
        // /proc/uptime counts on the clock of bpf_ktime_get_boot_ns, in hundredths of a second.
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        _bootTicks = DateTime.UtcNow.Ticks - (long)(uptime * TimeSpan.TicksPerSecond);
    }

    public BootClock(DateTime boot) => _bootTicks = boot.Ticks;

    public DateTime TimeOf(ulong sinceBoot) => new(_bootTicks + (long)(sinceBoot / 100), DateTimeKind.Utc);
}
