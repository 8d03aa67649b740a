using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>A netlink socket in the network namespace of the thread that created it.</summary>
class Netlink : IDisposable
{
    const int AfNetlink = 16, SockRaw = 3, SockCloseOnExec = 0x80000, SolNetlink = 270, ExtendedAck = 11;
    const int HeaderSize = 16;
    const ushort TypeError = 2, TypeDone = 3, FlagCapped = 0x100, FlagAckAttributes = 0x200, AttributeMessage = 1;

    readonly FileDescriptor _socket;
    readonly byte[] _buffer = new byte[64 * 1024];
    uint _sequence;

    public unsafe Netlink(int protocol)
    {
        _socket = Libc.OwnedFd(Libc.CreateSocket(AfNetlink, SockRaw | SockCloseOnExec, protocol), "open netlink socket");
        var on = 1;
        // Only for better error texts, and only since Linux 4.12.
        _ = Libc.SetSocketOption(_socket.Value, SolNetlink, ExtendedAck, &on, sizeof(int));
    }

    /// <summary>What to do with each message of the answer: its type and what follows the header.</summary>
    public delegate void Receiver(ushort type, ReadOnlySpan<byte> payload);

    /// <summary>Sends a request and waits for the acknowledgement, or for the end of a dump.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it; the explanation is the kernel's own text where it gave one.</exception>
    public void Execute(NetlinkMessage message, string operation, Receiver? receive = null)
    {
        var sequence = ++_sequence;
        Libc.Send(_socket, message.Finish(sequence), operation);
        while (!ReadAnswer(sequence, operation, receive))
        {
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _socket.Dispose();
    }

    bool ReadAnswer(uint sequence, string operation, Receiver? receive)
    {
        var rest = _buffer.AsSpan(0, Libc.Read(_socket, _buffer));
        while (rest.Length >= HeaderSize)
        {
            var length = MemoryMarshal.Read<int>(rest);
            if (length < HeaderSize || length > rest.Length) throw new BpfException($"{operation}: netlink answered with a message of {length} bytes");
            var type = MemoryMarshal.Read<ushort>(rest[4..]);
            var flags = MemoryMarshal.Read<ushort>(rest[6..]);
            var payload = rest[HeaderSize..length];
            if (MemoryMarshal.Read<uint>(rest[8..]) == sequence)
            {
                if (type == TypeDone) return true;
                if (type == TypeError)
                {
                    ThrowOnError(payload, flags, operation);
                    return true;
                }
                receive?.Invoke(type, payload);
            }
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }
        return false;
    }

    static void ThrowOnError(ReadOnlySpan<byte> payload, ushort flags, string operation)
    {
        var error = -MemoryMarshal.Read<int>(payload);
        if (error == 0) return;
        string? text = null;
        if ((flags & FlagAckAttributes) != 0)
        {
            // After the error comes the request that caused it: only its header when capped.
            var request = (flags & FlagCapped) != 0 ? HeaderSize : MemoryMarshal.Read<int>(payload[4..]);
            if (request >= 0 && 4 + request <= payload.Length && TryGetAttribute(payload[(4 + request)..], AttributeMessage, out var value))
            {
                text = Encoding.UTF8.GetString(value.TrimEnd((byte)0));
            }
        }
        throw new BpfSyscallException(operation, error, text);
    }

    /// <summary>Finds an attribute of a type in a run of attributes.</summary>
    public static bool TryGetAttribute(ReadOnlySpan<byte> attributes, ushort type, out ReadOnlySpan<byte> value)
    {
        while (attributes.Length >= 4)
        {
            var length = MemoryMarshal.Read<ushort>(attributes);
            if (length < 4 || length > attributes.Length) break;
            if ((MemoryMarshal.Read<ushort>(attributes[2..]) & 0x3fff) == type)
            {
                value = attributes[4..length];
                return true;
            }
            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }
        value = default;
        return false;
    }
}
