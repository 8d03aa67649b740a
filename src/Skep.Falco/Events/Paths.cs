namespace Skep.Falco.Events;

/// <summary>Paths that begin at the working directory.</summary>
static class Paths
{
    /// <summary>A path from the root, without <c>.</c>, <c>..</c> and doubled slashes; symbolic links stay as they are.</summary>
    public static ReadOnlySpan<byte> Absolute(FalcoEvent source, ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory)
    {
        if (path is [(byte)'/', ..]) directory = default;
        else if (directory.IsEmpty && !source.TryBytes(Calls.CallValues.WorkingDirectory, out directory)) directory = source.Process is { } process ? process.WorkingDirectory.Span : default;
        var room = source.Room(directory.Length + path.Length + 2);
        var length = Append(room, 0, directory);
        length = Append(room, length, path);
        if (length == 0) room[length++] = (byte)'/';
        return source.Keep(length);
    }

    static int Append(Span<byte> room, int length, ReadOnlySpan<byte> path)
    {
        while (!path.IsEmpty)
        {
            var end = path.IndexOf((byte)'/');
            var name = end < 0 ? path : path[..end];
            path = end < 0 ? default : path[(end + 1)..];
            if (name.IsEmpty || name.SequenceEqual("."u8)) continue;
            if (name.SequenceEqual(".."u8))
            {
                length = Math.Max(room[..length].LastIndexOf((byte)'/'), 0);
                continue;
            }
            room[length++] = (byte)'/';
            name.CopyTo(room[length..]);
            length += name.Length;
        }
        return length;
    }
}
