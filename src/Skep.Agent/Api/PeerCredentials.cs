using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Skep.Agent.Api;

/// <summary>Who is at the other end of a unix socket, as the kernel noted it when the connection was made (unix(7): SO_PEERCRED).</summary>
static class PeerCredentials
{
    const int SOL_SOCKET = 1, SO_PEERCRED = 17;

    /// <summary>Whether it is root, or who runs the agent.</summary>
    public static bool MayConnect(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return false;
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            if (socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials) < credentials.Length) return false;
        }
        catch (SocketException)
        {
            return false;
        }
        // pid, uid, gid
        var uid = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        return uid == 0 || uid == s_own;
    }

    static readonly uint s_own = OwnUid();

    static uint OwnUid()
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal)) return uint.Parse(line.Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture);
        }
        return 0;
    }
}
