namespace Skep.Bpf.Interpreter;

/// <summary>Code placed in a <see cref="Machine"/>, ready to run.</summary>
public sealed class MachineProgram
{
    internal MachineProgram(string name, int start, int length)
    {
        Name = name;
        Start = start;
        Length = length;
    }

    /// <summary>Name of the program, for messages.</summary>
    public string Name { get; }

    /// <summary>Slots of code, subprograms included.</summary>
    public int Length { get; }

    internal int Start { get; }

    internal bool Contains(int slot) => slot >= Start && slot < Start + Length;
}
