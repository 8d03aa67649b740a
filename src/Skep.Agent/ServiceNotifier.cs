using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Skep.Agent;

/// <summary>
/// Tells the service manager how the agent is, in systemd's protocol (sd_notify(3)): lines in a datagram. The engine's own thread tells, so that
/// a service whose engine hangs falls silent and is restarted by its watchdog.
/// </summary>
sealed class ServiceNotifier : IDisposable
{
    const string SocketVariable = "NOTIFY_SOCKET", IntervalVariable = "WATCHDOG_USEC", PidVariable = "WATCHDOG_PID";

    readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    readonly UnixDomainSocketEndPoint _address;
    readonly TextWriter _messages;
    readonly TimeSpan? _interval;
    long _told = Stopwatch.GetTimestamp();
    string _status = "";
    bool _hasComplained;

    ServiceNotifier(string address, TimeSpan? interval, TextWriter messages)
    {
        // A name that begins with @ is one of no file.
        _address = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
        (_interval, _messages) = (interval, messages);
    }

    /// <summary>Where the environment says that somebody wants to know; null when nobody does. Processes that the agent starts are not to speak for it.</summary>
    public static ServiceNotifier? FromEnvironment(TextWriter messages)
    {
        var (address, interval, pid) = (Environment.GetEnvironmentVariable(SocketVariable), Environment.GetEnvironmentVariable(IntervalVariable), Environment.GetEnvironmentVariable(PidVariable));
        foreach (var variable in (string[])[SocketVariable, IntervalVariable, PidVariable]) Environment.SetEnvironmentVariable(variable, null);
        if (address is not { Length: > 1 } || address[0] is not ('/' or '@')) return null;
        var isForUs = pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        // Twice in the time that may pass, as is usual.
        TimeSpan? half = isForUs && long.TryParse(interval, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds / 2) : null;
        return new ServiceNotifier(address, half, messages);
    }

    /// <summary>Started, or reloaded, and in what state.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={_status = status}");

    /// <summary>About to reload; <see cref="Ready"/> follows.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMicrosecond}"));

    /// <summary>About to end.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>The state, where it has changed.</summary>
    public void Tell(string status)
    {
        if (status != _status) Send($"STATUS={_status = status}");
    }

    /// <summary>The engine's loop goes round.</summary>
    public void Live()
    {
        if (_interval is not { } interval || Stopwatch.GetElapsedTime(_told) < interval) return;
        if (Send("WATCHDOG=1")) _told = Stopwatch.GetTimestamp();
    }

    public void Dispose() => _socket.Dispose();

    bool Send(string state)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(state), _address);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.WouldBlock)
        {
            // The engine does not wait for anybody.
            return false;
        }
        catch (SocketException error)
        {
            if (!_hasComplained) _messages.WriteLine($"skep: warning: the service manager cannot be told: {error.Message}");
            _hasComplained = true;
            return true;
        }
    }
}
