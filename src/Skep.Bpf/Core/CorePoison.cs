namespace Skep.Bpf;

/// <summary>
/// An instruction that was replaced by a call that no kernel has, because its relocation found no match. Programs guard such code by
/// <c>bpf_core_field_exists</c>, and the verifier drops it as dead; if it is not dead, the verifier refuses it and this record tells why.
/// </summary>
/// <param name="Index">Slot index within the function.</param>
/// <param name="Relocation">The relocation that failed.</param>
/// <param name="Description">What was sought, for example <c>struct task_struct.state (0:1 at offset 24)</c>.</param>
public readonly record struct CorePoison(int Index, CoreRelocation Relocation, string Description)
{
    /// <summary>The immediate of the impossible call, 0xbad2310, as libbpf writes it: the verifier says <c>invalid func unknown#195896080</c>.</summary>
    public const int Immediate = 0xbad2310;
}
