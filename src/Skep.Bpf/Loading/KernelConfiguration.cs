using System.IO.Compression;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// The kernel's build configuration, for the values of Kconfig externs. Sources in order: lines that the caller gives, <c>/proc/config.gz</c>,
/// <c>/boot/config-RELEASE</c>. Only options that are asked for are kept.
/// </summary>
static class KernelConfiguration
{
    /// <summary>The raw values (<c>y</c>, <c>m</c>, <c>n</c>, numbers, quoted strings) of the options that are set; options that are not set are absent.</summary>
    /// <param name="names">Options with their prefix <c>CONFIG_</c>.</param>
    /// <param name="overrides">Lines <c>CONFIG_X=y</c> that come before the kernel's own; null for none.</param>
    /// <exception cref="BpfException">An option is left and the kernel's configuration cannot be read.</exception>
    public static Dictionary<string, string> Read(IReadOnlyCollection<string> names, string? overrides)
    {
        var values = new Dictionary<string, string>();
        var wanted = new HashSet<string>(names);
        if (overrides is not null) Collect(new StringReader(overrides), wanted, values);
        if (wanted.Count == 0) return values;
        using var reader = OpenKernels();
        if (reader is not null) Collect(reader, wanted, values);
        return values;
    }

    /// <summary>Takes the wanted options out of a configuration; what is found is no longer wanted.</summary>
    public static void Collect(TextReader reader, HashSet<string> wanted, Dictionary<string, string> values)
    {
        const string prefix = "CONFIG_";
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        while (wanted.Count > 0 && reader.ReadLine() is { } line)
        {
            var text = line.AsSpan().Trim();
            if (!text.StartsWith(prefix)) continue;
            var equals = text.IndexOf('=');
            if (equals < 0 || !lookup.TryGetValue(text[..equals], out var name)) continue;
            values[name] = text[(equals + 1)..].ToString();
            wanted.Remove(name);
        }
    }

    static StreamReader? OpenKernels()
    {
        try
        {
            const string running = "/proc/config.gz";
            if (File.Exists(running)) return new StreamReader(new GZipStream(File.OpenRead(running), CompressionMode.Decompress), Encoding.UTF8);
            var installed = $"/boot/config-{KernelVersion.Release}";
            return File.Exists(installed) ? new StreamReader(installed, Encoding.UTF8) : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
