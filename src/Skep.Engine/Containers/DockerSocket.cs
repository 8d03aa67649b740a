using System.Net.Sockets;
using System.Text;

namespace Skep.Engine.Containers;

/// <summary>Asks a Docker daemon for one container. HTTP/1.0, so that the answer is neither chunked nor kept open.</summary>
static class DockerSocket
{
    const int LimitMilliseconds = 2000;

    /// <summary>The JSON of <c>GET /containers/ID/json</c>; null when the daemon cannot be reached or does not know it.</summary>
    public static byte[]? TryInspect(string socketPath, string id, int limit, CancellationToken stop)
    {
        if (!File.Exists(socketPath)) return null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
            deadline.CancelAfter(LimitMilliseconds);
            return InspectAsync(socketPath, id, limit, deadline.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is SocketException or ArgumentException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }

    static async Task<byte[]?> InspectAsync(string socketPath, string id, int limit, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), stop).ConfigureAwait(false);
        var request = Encoding.UTF8.GetBytes($"GET /containers/{Uri.EscapeDataString(id)}/json HTTP/1.0\r\nHost: docker\r\n\r\n");
        await socket.SendAsync(request, stop).ConfigureAwait(false);
        var (answer, length) = (new byte[64 * 1024], 0);
        while (true)
        {
            if (length == answer.Length)
            {
                if (length >= limit) return null;
                Array.Resize(ref answer, length * 2);
            }
            var count = await socket.ReceiveAsync(answer.AsMemory(length), stop).ConfigureAwait(false);
            if (count == 0) break;
            length += count;
        }
        return Body(answer.AsSpan(0, length));
    }

    static byte[]? Body(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        var isOk = end > 12 && answer.StartsWith("HTTP/1."u8) && answer[8..12].SequenceEqual(" 200"u8);
        return isOk ? answer[(end + 4)..].ToArray() : null;
    }
}
