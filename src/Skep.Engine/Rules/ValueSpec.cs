namespace Skep.Engine.Rules;

/// <summary>One value that a hook captures.</summary>
public sealed record ValueSpec
{
    /// <summary>Where it starts.</summary>
    public ValueSource Source { get; init; }

    /// <summary>Number of the argument, from 0.</summary>
    public int Index { get; init; }

    /// <summary>What it is.</summary>
    public required ValueKind Kind { get; init; }

    /// <summary>Members to follow from the start, as in <c>mm.exe_file.f_path.dentry.d_name.name</c> or <c>a[2].b</c>; empty for the value itself.</summary>
    public string Path { get; init; } = "";

    /// <summary>The struct that <see cref="Path"/> starts in, when the kernel's types do not tell; empty otherwise.</summary>
    public string StartType { get; init; } = "";

    /// <summary>The module whose types know <see cref="StartType"/>; empty for the kernel itself.</summary>
    public string Module { get; init; } = "";

    /// <summary>A file with the types of the program that is hooked; empty for the kernel's types.</summary>
    public string TypesFile { get; init; } = "";

    /// <summary>The argument that holds the number of bytes or elements, from 0; -1 when there is none.</summary>
    public int SizeIndex { get; init; } = -1;

    /// <summary>Most bytes to capture; 0 for the kind's default.</summary>
    public int MaxLength { get; init; }

    /// <summary>Whether it is read when the function returns, which fills it.</summary>
    public bool OnReturn { get; init; }

    /// <summary>Name for people, printed with the value; empty for none.</summary>
    public string Label { get; init; } = "";
}
