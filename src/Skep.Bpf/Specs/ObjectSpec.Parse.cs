namespace Skep.Bpf;

public sealed partial class ObjectSpec
{
    /// <summary>Parses an object file. No system call is made.</summary>
    /// <param name="data">The file: 64-bit ELF for BPF, in either byte order.</param>
    /// <param name="name">Name for messages and pins.</param>
    /// <exception cref="BpfFormatException">The file is malformed, or uses what this library does not support; the message names object, section and symbol.</exception>
    public static ObjectSpec Parse(ReadOnlyMemory<byte> data, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ObjectParser(ElfFile.Parse(data, name)).Parse();
    }

    /// <summary>Reads and parses an object file.</summary>
    /// <exception cref="BpfException">The file cannot be read.</exception>
    /// <exception cref="BpfFormatException">The file is malformed, or uses what this library does not support.</exception>
    public static ObjectSpec FromFile(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), NameOf(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"cannot read object {path}: {error.Message}", error);
        }
    }

    static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        foreach (var extension in (ReadOnlySpan<string>)[".bpf.o", ".o", ".elf"])
        {
            if (name.Length > extension.Length && name.EndsWith(extension, StringComparison.Ordinal)) return name[..^extension.Length];
        }
        return name;
    }
}
