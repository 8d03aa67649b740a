using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>Where a virtual register lives: a machine register, or a spill slot counted from 0.</summary>
readonly record struct Location(Register Register, int Slot)
{
    public static Location In(Register register) => new(register, -1);

    public static Location Spilled(int slot) => new(default, slot);

    public bool IsSpilled => Slot >= 0;
}
