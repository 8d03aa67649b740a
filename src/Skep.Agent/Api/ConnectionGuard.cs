using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Skep.Agent.Api;

/// <summary>
/// Lets a connection in when its peer may, and when it says in time that it speaks HTTP/2 (RFC 9113, 3.4): one that sends nothing, a byte now and
/// then, or something else does not take up a place for long.
/// </summary>
sealed class ConnectionGuard(ApiCounters counters, MessageLog messages, TimeSpan patience)
{
    static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>The middleware of a socket.</summary>
    public ConnectionDelegate OfSocket(ConnectionDelegate next) => connection =>
    {
        if (PeerCredentials.Of(connection) is not { } peer || !peer.MayConnect)
        {
            Refuse(connection, ApiRefusal.Peer, $"uid {PeerCredentials.Of(connection)?.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} may not use the API");
            return Task.CompletedTask;
        }
        messages.Detail($"skep: API: connection of pid {peer.Pid}, uid {peer.Uid}");
        return Serve(connection, next);
    };

    /// <summary>The middleware behind TLS.</summary>
    public ConnectionDelegate OfTls(ConnectionDelegate next) => connection => Serve(connection, next);

    async Task Serve(ConnectionContext connection, ConnectionDelegate next)
    {
        counters.Open();
        try
        {
            if (await HasPreface(connection)) await next(connection);
        }
        finally
        {
            counters.Close();
        }
    }

    async ValueTask<bool> HasPreface(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(patience);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var verdict = Judge(read);
                // Nothing is consumed: it is the server's. What is there is asked for again at once, unless more is needed.
                input.AdvanceTo(read.Buffer.Start, verdict is null ? read.Buffer.End : read.Buffer.Start);
                if (verdict is true) return true;
                if (verdict is null) continue;
                // Who only looks whether somebody listens has sent nothing.
                if (!read.Buffer.IsEmpty) Refuse(connection, ApiRefusal.Malformed, "a connection does not speak HTTP/2");
                else connection.Abort();
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            if (!connection.ConnectionClosed.IsCancellationRequested) Refuse(connection, ApiRefusal.Silent, "a connection does not say what it wants");
            return false;
        }
        catch (Exception error) when (error is IOException or ConnectionResetException or ConnectionAbortedException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Null as long as more is needed.</summary>
    static bool? Judge(in ReadResult read)
    {
        var length = (int)Math.Min(read.Buffer.Length, Preface.Length);
        Span<byte> start = stackalloc byte[Preface.Length];
        read.Buffer.Slice(0, length).CopyTo(start);
        if (!start[..length].SequenceEqual(Preface[..length])) return false;
        return length == Preface.Length ? true : read.IsCompleted ? false : null;
    }

    void Refuse(ConnectionContext connection, ApiRefusal reason, string message)
    {
        if (counters.Refuse(reason)) messages.WriteLine($"skep: API: refused: {message}; further ones are counted");
        connection.Abort();
    }
}
