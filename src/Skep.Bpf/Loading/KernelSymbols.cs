using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// Addresses of kernel symbols from <c>/proc/kallsyms</c>. The file has megabytes and is made while it is read: it is streamed once per question,
/// and only the names asked for are kept.
/// </summary>
static class KernelSymbols
{
    const string Path = "/proc/kallsyms";

    /// <summary>Finds the addresses of the given symbols; those that do not exist are absent from the result.</summary>
    /// <exception cref="BpfException">A symbol occurs at several addresses, or the kernel hides addresses.</exception>
    public static Dictionary<string, ulong> Find(IReadOnlyCollection<string> names)
    {
        using var stream = Open();
        return Find(stream, names);
    }

    /// <summary>Whether a symbol exists, its address aside.</summary>
    public static bool Exists(string name)
    {
        try
        {
            using var stream = Open();
            return Scan(stream, [name], rejectHidden: false).ContainsKey(name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static Dictionary<string, ulong> Find(Stream stream, IReadOnlyCollection<string> names) => Scan(stream, names, rejectHidden: true);

    static Dictionary<string, ulong> Scan(Stream stream, IReadOnlyCollection<string> names, bool rejectHidden)
    {
        var found = new Dictionary<string, ulong>();
        if (names.Count == 0) return found;
        var wanted = names.Distinct().Select(name => (Name: name, Bytes: Encoding.UTF8.GetBytes(name))).ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            var held = 0;
            while (true)
            {
                var read = stream.Read(buffer, held, buffer.Length - held);
                if (read == 0) break;
                held += read;
                var rest = buffer.AsSpan(0, held);
                for (var end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
                {
                    Match(rest[..end], wanted, found, rejectHidden);
                    rest = rest[(end + 1)..];
                }
                // A line longer than the buffer is no symbol of the kernel.
                held = rest.Length == buffer.Length ? 0 : rest.Length;
                rest[..held].CopyTo(buffer);
            }
            Match(buffer.AsSpan(0, held), wanted, found, rejectHidden);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return found;
    }

    // "ffffffff81000000 T name" or "ffffffffc0000000 t name\t[module]".
    static void Match(ReadOnlySpan<byte> line, (string Name, byte[] Bytes)[] wanted, Dictionary<string, ulong> found, bool rejectHidden)
    {
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || line.Length < space + 4) return;
        var name = line[(space + 3)..];
        var tab = name.IndexOf((byte)'\t');
        if (tab >= 0) name = name[..tab];
        foreach (var (text, bytes) in wanted)
        {
            if (!name.SequenceEqual(bytes)) continue;
            if (!Utf8Parser.TryParse(line[..space], out ulong address, out _, 'x')) return;
            if (address == 0 && rejectHidden && !text.StartsWith("__per_cpu", StringComparison.Ordinal))
            {
                throw new BpfException($"kernel symbol '{text}': its address is hidden; the process needs CAP_SYSLOG, or kernel.kptr_restrict must be 0 (or 1 with CAP_SYSLOG)");
            }
            if (found.TryGetValue(text, out var other) && other != address && rejectHidden)
            {
                throw new BpfException($"kernel symbol '{text}' is ambiguous: it is at 0x{other:x} and at 0x{address:x}");
            }
            found[text] = address;
            return;
        }
    }

    static FileStream Open() => new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
}
