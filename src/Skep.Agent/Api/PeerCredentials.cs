using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Skep.Agent.Api;

/// <summary>Who is at the other end of a unix socket, as the kernel noted it when the connection was made (unix(7): SO_PEERCRED).</summary>
/// <param name="Pid">The process.</param>
/// <param name="Uid">Its user.</param>
readonly record struct PeerCredentials(uint Pid, uint Uid)
{
    const int SOL_SOCKET = 1, SO_PEERCRED = 17;

    static readonly uint s_own = OwnUid();

    /// <summary>Whether it is root, or who runs the agent.</summary>
    public bool MayConnect => Uid == 0 || Uid == s_own;

    /// <summary>The peer; null when the kernel does not tell.</summary>
    public static PeerCredentials? Of(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return null;
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            if (socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials) < credentials.Length) return null;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
        // pid, uid, gid
        return new PeerCredentials(BinaryPrimitives.ReadUInt32LittleEndian(credentials), BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]));
    }

    static uint OwnUid()
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal)) return uint.Parse(line.Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture);
        }
        return 0;
    }
}
