namespace Skep.Bpf;

public sealed partial class Btf
{
    const string KernelDirectory = "/sys/kernel/btf";
    const string KernelName = "vmlinux";

    static readonly byte[] s_elfMagic = "\u007fELF"u8.ToArray();

    static readonly Lock s_gate = new();
    static readonly WeakReference<Btf?> s_kernel = new(null);

    /// <summary>
    /// The running kernel's types. They are megabytes that a process needs while it loads: they are shared as long as somebody holds them, and read again
    /// (some milliseconds) when nobody does. Requires at least Linux 5.4 with CONFIG_DEBUG_INFO_BTF.
    /// </summary>
    public static Btf Kernel
    {
        get
        {
            lock (s_gate)
            {
                if (s_kernel.TryGetTarget(out var known)) return known;
                var read = FromFile(Path.Combine(KernelDirectory, KernelName));
                s_kernel.SetTarget(read);
                return read;
            }
        }
    }

    /// <summary>A module's types, on top of the kernel's. Requires at least Linux 5.11.</summary>
    public static Btf FromModule(string module) => FromFile(Path.Combine(KernelDirectory, module), Kernel);

    /// <summary>Names of the loaded modules that have BTF; empty where the kernel has none to offer. Requires at least Linux 5.11.</summary>
    public static IReadOnlyList<string> Modules
    {
        get
        {
            if (!Directory.Exists(KernelDirectory)) return [];
            return [.. Directory.EnumerateFiles(KernelDirectory).Select(Path.GetFileName).OfType<string>().Where(name => name != KernelName).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Reads BTF from a file: a raw blob as in sysfs, or the section <c>.BTF</c> of an ELF file such as a BPF object or an uncompressed kernel image.</summary>
    /// <exception cref="BpfFormatException">The blob is malformed.</exception>
    /// <exception cref="BpfException">The file cannot be read.</exception>
    public static Btf FromFile(string path, Btf? baseBtf = null)
    {
        try
        {
            var name = Path.GetFileName(path);
            var data = ReadFile(path);
            return Parse(data.Span.StartsWith(s_elfMagic) ? SectionOf(ElfFile.Parse(data, name)) : data, name, baseBtf);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"cannot read BTF from {path}: {error.Message}", error);
        }
    }

    static ReadOnlyMemory<byte> SectionOf(ElfFile elf)
    {
        foreach (var section in elf.Sections)
        {
            if (section.Name == ".BTF") return elf.Content(section);
        }
        throw elf.Error("there is no section .BTF");
    }

    // sysfs tells the length, so that one uncleared buffer suffices; a file that lies about it is read to its end.
    static ReadOnlyMemory<byte> ReadFile(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        if (length is <= 0 or > int.MaxValue) return File.ReadAllBytes(path);
        var buffer = GC.AllocateUninitializedArray<byte>((int)length);
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(filled), filled);
            if (read == 0) break;
            filled += read;
        }
        return buffer.AsMemory(0, filled);
    }
}
