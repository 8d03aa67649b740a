using System.Collections;
using System.Globalization;
using System.Text;

namespace Skep.Bpf;

/// <summary>A set of capabilities.</summary>
/// <param name="Bits">Bit n stands for capability n.</param>
public readonly record struct CapabilitySet(ulong Bits) : IEnumerable<Capability>
{
    /// <summary>The effective capabilities of this process, read anew each time; empty when /proc does not tell.</summary>
    public static CapabilitySet Effective
    {
        get
        {
            const string Prefix = "CapEff:";
            var line = KernelFile.TryRead("/proc/self/status")?.Split('\n').FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line.AsSpan(Prefix.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
                ? new CapabilitySet(bits)
                : default;
        }
    }

    /// <summary>Whether a capability is in the set.</summary>
    public bool Contains(Capability capability) => (Bits >> (int)capability & 1) != 0;

    /// <summary>Whether bpf(2) grants what this capability grants: CAP_SYS_ADMIN stands for CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (kernel/bpf/token.c: bpf_token_capable).</summary>
    public bool Grants(Capability capability) =>
        Contains(capability) || capability is Capability.Bpf or Capability.Perfmon or Capability.NetAdmin && Contains(Capability.SysAdmin);

    /// <summary>The name as the kernel's documentation writes it, for example <c>CAP_SYS_ADMIN</c>.</summary>
    public static string NameOf(Capability capability)
    {
        var result = new StringBuilder("CAP");
        foreach (var letter in capability.ToString())
        {
            if (char.IsAsciiLetterUpper(letter)) result.Append('_');
            result.Append(char.ToUpperInvariant(letter));
        }
        return result.ToString();
    }

    /// <inheritdoc/>
    public IEnumerator<Capability> GetEnumerator()
    {
        for (var bit = 0; bit <= (int)Capability.CheckpointRestore; bit++)
        {
            if (Contains((Capability)bit)) yield return (Capability)bit;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", this.Select(NameOf));
}
