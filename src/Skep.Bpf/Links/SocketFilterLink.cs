using System.Net.Sockets;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A filter on one socket, or the program that spreads connections over a group of listening sockets. Not a kernel link.</summary>
public sealed class SocketFilterLink : BpfLink
{
    const int SolSocket = 1, SoAttachBpf = 50, SoDetachFilter = 27, SoAttachReuseportEbpf = 52, SoDetachReuseportBpf = 68;

    SocketFilterLink(Action undo) : base(null, undo) { }

    /// <summary>Filters what a socket receives: the program returns how many bytes to keep. Requires at least Linux 3.19.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SocketFilter"/>.</param>
    /// <param name="socket">The socket; it must stay open until the filter is taken off.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static SocketFilterLink Attach(BpfProgram program, Socket socket)
    {
        AttachFailure.RequireType(program, "a socket filter", ProgramType.SocketFilter);
        return Set(program, socket, "socket filter", SoAttachBpf, SoDetachFilter);
    }

    /// <summary>
    /// Chooses the socket of a <c>SO_REUSEPORT</c> group for each connection or datagram. Requires at least Linux 4.19
    /// (<see cref="ProgramType.SkReuseport"/>) or 4.5 (<see cref="ProgramType.SocketFilter"/>, which returns an index).
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="socket">Any socket of the group, bound.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static SocketFilterLink AttachToGroup(BpfProgram program, Socket socket)
    {
        AttachFailure.RequireType(program, "a reuseport group", ProgramType.SkReuseport, ProgramType.SocketFilter);
        return Set(program, socket, "reuseport group", SoAttachReuseportEbpf, SoDetachReuseportBpf);
    }

    static SocketFilterLink Set(BpfProgram program, Socket socket, string target, int attach, int detach)
    {
        ArgumentNullException.ThrowIfNull(socket);
        try
        {
            socket.SetRawSocketOption(SolSocket, attach, BitConverter.GetBytes(program.Fd.Value));
        }
        catch (SocketException error)
        {
            throw AttachFailure.Create(program, target, error.NativeErrorCode, null, error.NativeErrorCode switch
            {
                Errno.EPERM or Errno.EACCES => "the socket's filter is locked, or a capability is missing",
                Errno.EINVAL when attach == SoAttachReuseportEbpf => "the socket is not bound with SO_REUSEPORT",
                _ => null,
            });
        }
        return new SocketFilterLink(() =>
        {
            try
            {
                socket.SetRawSocketOption(SolSocket, detach, BitConverter.GetBytes(0));
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // A closed socket has taken its filter with it.
            }
        });
    }
}
