using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// A map of sockets: sockmap, sockhash, the sockets of a reuseport group, or AF_XDP sockets. With values of 8 bytes, sockets can be read back
/// as cookies (<c>SO_COOKIE</c>); with 4 bytes only programs can use them (net/core/sock_map.c: sock_map_lookup_sys).
/// </summary>
public sealed class SocketMap<TKey> : IDisposable where TKey : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this key type.</summary>
    /// <exception cref="BpfException">The key's size differs from the map's, or it holds no sockets.</exception>
    public SocketMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.SockMap, MapType.SockHash, MapType.ReuseportSockArray, MapType.XskMap);
        TypeSizes.CheckKey<TKey>(map);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Puts a socket there. The map does not keep it open: a closed socket leaves the map by itself.</summary>
    /// <exception cref="BpfSyscallException">EOPNOTSUPP: a socket of this kind or in this state (for TCP: neither connected nor listening) cannot be there; EBUSY: a program of another kind uses it.</exception>
    public void Set(in TKey key, Socket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Set(in key, socket.SafeHandle, flags);
    }

    /// <inheritdoc cref="Set(in TKey, Socket, MapUpdateFlags)"/>
    public void Set(in TKey key, SafeHandle socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            var value = (ulong)socket.DangerousGetHandle();
            Map.Update(Key(in key), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))[..Map.UserValueSize], flags);
        }
        finally
        {
            if (held) socket.DangerousRelease();
        }
    }

    /// <summary>The cookie of the socket there; false when there is none. Needs values of 8 bytes.</summary>
    public bool TryGetCookie(in TKey key, out ulong cookie)
    {
        cookie = 0;
        if (Map.ValueSize != sizeof(ulong)) throw new BpfException($"map '{Map.Name}' has values of {Map.ValueSize} bytes; cookies need 8");
        return Map.TryLookup(Key(in key), MemoryMarshal.AsBytes(new Span<ulong>(ref cookie)));
    }

    /// <summary>Takes a socket out; false when there is none.</summary>
    public bool Delete(in TKey key)
    {
        // sock_map.c reports an empty slot of an array as EINVAL, and a missing hash key as ENOENT.
        if (Map.Type is not (MapType.SockMap or MapType.XskMap)) return Map.Delete(Key(in key));
        var result = Interop.MapCalls.Delete(Map.Fd, Key(in key));
        return result >= 0 || (result is -Interop.Errno.EINVAL or -Interop.Errno.ENOENT ? false : throw Map.Failure("delete from", -result));
    }

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in TKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
}
