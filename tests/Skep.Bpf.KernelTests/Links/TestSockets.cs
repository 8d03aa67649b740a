using System.Net;
using System.Net.Sockets;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>Sockets that show what a verdict did.</summary>
static class TestSockets
{
    /// <summary>Microseconds; what is dropped costs them, what arrives does not.</summary>
    const int Patience = 1_000_000;

    static long _ticket;

    /// <summary>A datagram sent over loopback: whether it could be sent and whether it came.</summary>
    public static (bool Sent, bool Received) Datagram(IPAddress? address = null)
    {
        using var receiver = Receiver(address);
        return Send(receiver);
    }

    public static Socket Receiver(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        var receiver = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(address, 0));
        return receiver;
    }

    public static (bool Sent, bool Received) Send(Socket receiver)
    {
        using var sender = new Socket(receiver.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        byte[] datagram = [.. "hello "u8, .. BitConverter.GetBytes(Interlocked.Increment(ref _ticket))];
        try
        {
            sender.SendTo(datagram, receiver.LocalEndPoint!);
        }
        catch (SocketException)
        {
            return (false, false);
        }
        return (true, Receives(receiver, datagram));
    }

    /// <summary>Whether this datagram comes; others are stragglers of earlier attempts that waited for a neighbour or a carrier.</summary>
    static bool Receives(Socket socket, ReadOnlySpan<byte> datagram)
    {
        var received = new byte[64];
        while (socket.Poll(Patience, SelectMode.SelectRead))
        {
            if (datagram.SequenceEqual(received.AsSpan(0, socket.Receive(received)))) return true;
        }
        return false;
    }

    /// <summary>Whether a datagram waits or comes soon; it is taken.</summary>
    public static bool Receives(Socket socket)
    {
        if (!socket.Poll(Patience, SelectMode.SelectRead)) return false;
        return socket.Receive(new byte[64]) > 0;
    }

    /// <summary>A connected pair over loopback.</summary>
    public static (Socket Client, Socket Server) Pair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }

    /// <summary>Whether the kernel refuses an action with EPERM or EACCES, which .NET does not keep apart.</summary>
    public static bool IsRefused(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.AccessDenied;
        }
    }

    /// <summary>Whether something becomes true within some seconds: the kernel frees links in the background.</summary>
    public static bool Eventually(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            if (condition()) return true;
            Thread.Sleep(100);
        }
        return false;
    }

    /// <summary>The errno of an action that a program refused, or 0.</summary>
    public static int ErrnoOf(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (SocketException error)
        {
            return error.NativeErrorCode;
        }
    }
}
