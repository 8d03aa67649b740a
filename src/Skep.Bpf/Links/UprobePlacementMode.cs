namespace Skep.Bpf;

/// <summary>Where a probe at a function's entry may be put.</summary>
public enum UprobePlacementMode
{
    /// <summary>On the first instruction.</summary>
    Entry,
    /// <summary>Where it is cheapest while every argument register is intact; the stack pointer may have moved.</summary>
    CheapestWithRegisterArguments,
    /// <summary>Where it is cheapest while every argument register and the stack pointer are intact: return address and stack arguments are where they were.</summary>
    CheapestWithStack,
}
