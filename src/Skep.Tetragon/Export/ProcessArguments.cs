namespace Skep.Tetragon.Export;

/// <summary>Arguments as one text: the program's own name is not among them; one with a space is put in quotes.</summary>
public static class ProcessArguments
{
    /// <summary>Joins them.</summary>
    /// <param name="arguments">Each ended by a NUL.</param>
    /// <param name="buffer">Where the text is made; grows as needed.</param>
    public static ReadOnlySpan<byte> Join(ReadOnlySpan<byte> arguments, ref byte[] buffer)
    {
        var length = 0;
        var isFirst = true;
        foreach (var argument in new Enumerator(arguments))
        {
            var most = length + argument.Length + 3;
            if (buffer.Length < most) Array.Resize(ref buffer, Math.Max(most, buffer.Length * 2));
            if (!isFirst) buffer[length++] = (byte)' ';
            isFirst = false;
            var isSpaced = argument.Contains((byte)' ');
            if (isSpaced) buffer[length++] = (byte)'"';
            argument.CopyTo(buffer.AsSpan(length));
            length += argument.Length;
            if (isSpaced) buffer[length++] = (byte)'"';
        }
        return buffer.AsSpan(0, length);
    }

    /// <summary>The arguments one by one.</summary>
    internal ref struct Enumerator(ReadOnlySpan<byte> arguments)
    {
        ReadOnlySpan<byte> _rest = arguments.TrimEnd((byte)0);
        ReadOnlySpan<byte> _current;

        public readonly Enumerator GetEnumerator() => this;

        public readonly ReadOnlySpan<byte> Current => _current;

        public bool MoveNext()
        {
            var end = _rest.IndexOf((byte)0);
            if (end < 0) return false;
            _rest = _rest[(end + 1)..];
            end = _rest.IndexOf((byte)0);
            _current = end < 0 ? _rest : _rest[..end];
            return true;
        }
    }
}
