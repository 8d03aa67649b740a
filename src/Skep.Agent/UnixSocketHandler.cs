using System.Net.Sockets;

namespace Skep.Agent;

/// <summary>HTTP over a unix socket, whatever host the address names.</summary>
static class UnixSocketHandler
{
    public static SocketsHttpHandler To(string path) => new()
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
