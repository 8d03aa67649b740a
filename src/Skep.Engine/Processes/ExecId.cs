using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;

namespace Skep.Engine.Processes;

/// <summary>The id under which a process is known outside of this host: base64 of <c>node:start:pid</c>.</summary>
public static class ExecId
{
    const int MaxNodeName = 255;
    const int MaxNumbers = 32; // ":18446744073709551615:4294967295"

    /// <summary>Bytes that suffice for any process of a node whose name has <paramref name="nodeNameLength"/> bytes.</summary>
    public static int MaxLength(int nodeNameLength) => Base64.GetMaxEncodedToUtf8Length(Math.Min(nodeNameLength, MaxNodeName) + MaxNumbers);

    /// <summary>Writes the id and returns its length. A node name of more than 255 bytes is cut.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="MaxLength"/>.</exception>
    public static int Format(ReadOnlySpan<byte> nodeName, ProcessId id, Span<byte> destination)
    {
        Span<byte> plain = stackalloc byte[MaxNodeName + MaxNumbers];
        var name = nodeName[..Math.Min(nodeName.Length, MaxNodeName)];
        name.CopyTo(plain);
        if (destination.Length < MaxLength(name.Length)
            || !Utf8.TryWrite(plain[name.Length..], CultureInfo.InvariantCulture, $":{id.Start}:{id.Pid}", out var numbers))
        {
            throw new ArgumentException("too short for the id of a process", nameof(destination));
        }
        Base64.EncodeToUtf8(plain[..(name.Length + numbers)], destination, out _, out var written);
        return written;
    }
}
