using System.Runtime.InteropServices;
using System.Text;
using Skep.Tetragon.Policies;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>Policies under <c>vectors/policies</c> and a machine for them that is the same everywhere.</summary>
static class PolicyVectors
{
    public static TranslationOptions Machine { get; } = new()
    {
        HostNamespace = kind => 4026531800u + (uint)kind,
        KernelFunctions = Functions,
        Architecture = Architecture.X64,
    };

    public static IEnumerable<string> Names(string folder)
    {
        var prefix = $"vectors/policies/{folder}/";
        return typeof(PolicyVectors).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && n.EndsWith(".yaml", StringComparison.Ordinal))
            .Select(n => n[prefix.Length..]).Order(StringComparer.Ordinal);
    }

    public static byte[] Bytes(string name)
    {
        using var stream = typeof(PolicyVectors).Assembly.GetManifestResourceStream($"vectors/policies/{name}") ?? throw new FileNotFoundException(name);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    public static TracingPolicies Parse(string text) => TracingPolicyFile.Parse(text, "p.yaml", Machine);

    /// <summary>As a file on disk, where bytes may be wrong too.</summary>
    public static TracingPolicies Load(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            return TracingPolicyFile.Load(path, Machine);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static IEnumerable<string> Functions(string pattern)
    {
        var regex = new System.Text.RegularExpressions.Regex(pattern);
        return new[] { "ksys_read", "ksys_write", "vfs_read" }.Where(f => regex.IsMatch(f));
    }
}
