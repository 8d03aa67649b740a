using System.Buffers;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// The kernel's symbols, from <c>/proc/kallsyms</c>. The file has megabytes and is made while it is read: it is streamed once per question, and only what
/// is asked for is kept.
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

    /// <summary>Hands out every symbol.</summary>
    public static void Read(SymbolHandler handle)
    {
        using var stream = Open();
        Read(stream, handle);
    }

    /// <summary>Hands out every symbol of a text.</summary>
    public static void Read(Stream stream, SymbolHandler handle)
    {
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
                    if (KernelSymbol.TryParse(rest[..end], out var symbol)) handle(symbol);
                    rest = rest[(end + 1)..];
                }
                // A line longer than the buffer is no symbol of the kernel.
                held = rest.Length == buffer.Length ? 0 : rest.Length;
                rest[..held].CopyTo(buffer);
            }
            if (KernelSymbol.TryParse(buffer.AsSpan(0, held), out var last)) handle(last);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static Dictionary<string, ulong> Scan(Stream stream, IReadOnlyCollection<string> names, bool rejectHidden)
    {
        var found = new Dictionary<string, ulong>();
        if (names.Count == 0) return found;
        var wanted = names.Distinct().Select(name => (Name: name, Bytes: Encoding.UTF8.GetBytes(name))).ToArray();
        Read(stream, (in KernelSymbol symbol) => Match(symbol, wanted, found, rejectHidden));
        return found;
    }

    static void Match(in KernelSymbol symbol, (string Name, byte[] Bytes)[] wanted, Dictionary<string, ulong> found, bool rejectHidden)
    {
        foreach (var (text, bytes) in wanted)
        {
            if (!symbol.Name.SequenceEqual(bytes)) continue;
            if (symbol.Address is not { } address) return;
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

    /// <summary>Takes one symbol, which is valid during the call.</summary>
    public delegate void SymbolHandler(in KernelSymbol symbol);
}
