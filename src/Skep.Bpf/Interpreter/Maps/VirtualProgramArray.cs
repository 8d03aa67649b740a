using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>A program array: the targets of tail calls, filled from C#.</summary>
public sealed class VirtualProgramArray : VirtualMap
{
    readonly Dictionary<uint, MachineProgram> _programs = [];

    internal VirtualProgramArray(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <summary>The program at an index; null for none.</summary>
    public MachineProgram? this[uint index]
    {
        get => _programs.GetValueOrDefault(index);
        set
        {
            if (index >= Spec.MaxEntries) throw new BpfException($"map '{Name}' has {Spec.MaxEntries} entries, index {index} is not one of them");
            if (value is null) _programs.Remove(index);
            else _programs[index] = value;
        }
    }

    /// <inheritdoc/>
    public override int Delete(ReadOnlySpan<byte> key) => _programs.Remove(MemoryMarshal.Read<uint>(key)) ? 0 : -Errno.ENOENT;
}
