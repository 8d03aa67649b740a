using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf;

/// <summary>One site of a statically defined probe in an executable or library; several sites may share a name.</summary>
/// <param name="Provider">Who defines it, for example <c>python</c>.</param>
/// <param name="Name">Its name, for example <c>function__entry</c>.</param>
/// <param name="FileOffset">Where in the file its nop is.</param>
/// <param name="SemaphoreOffset">Where in the file the counter is that tells the program that somebody listens; 0 for none.</param>
/// <param name="ArgumentText">The argument specification as the note has it.</param>
/// <param name="Arguments">The arguments, parsed.</param>
public sealed record UsdtProbe(
    string Provider, string Name, ulong FileOffset, ulong SemaphoreOffset, string ArgumentText, IReadOnlyList<UsdtArgument> Arguments)
{
    const uint StapNoteType = 3;

    /// <summary>Reads the probes of a file.</summary>
    /// <exception cref="BpfFormatException">The file is malformed.</exception>
    public static IReadOnlyList<UsdtProbe> ReadAll(string path)
    {
        using var file = ExecutableFile.Open(path);
        return ReadAll(file);
    }

    internal static IReadOnlyList<UsdtProbe> ReadAll(ExecutableFile file)
    {
        // Prelink moves code but not what notes say: the difference of this section's address tells by how much.
        var actualBase = file.FindSection(".stapsdt.base")?.Address;
        var architecture = file.IsArm64 ? Architecture.Arm64 : Architecture.X64;
        var probes = new List<UsdtProbe>();
        foreach (var section in file.FindSections(".note.stapsdt"))
        {
            foreach (var description in Notes(file, section))
            {
                if (Parse(file, description, actualBase, architecture) is { } probe) probes.Add(probe);
            }
        }
        return probes;
    }

    /// <summary>The descriptions of the notes of SystemTap's kind: name and description are each padded to four bytes.</summary>
    static List<byte[]> Notes(ExecutableFile file, byte[] section)
    {
        var descriptions = new List<byte[]>();
        var at = 0;
        while (section.Length - at >= 12)
        {
            var nameSize = BinaryPrimitives.ReadUInt32LittleEndian(section.AsSpan(at));
            var size = BinaryPrimitives.ReadUInt32LittleEndian(section.AsSpan(at + 4));
            var type = BinaryPrimitives.ReadUInt32LittleEndian(section.AsSpan(at + 8));
            var name = (long)at + 12;
            var start = name + Padded(nameSize);
            var end = start + size;
            if (end > section.Length) throw new BpfFormatException($"{file.Path}: a USDT note is cut off");
            if (type == StapNoteType && section.AsSpan((int)name, (int)nameSize).SequenceEqual("stapsdt\0"u8)) descriptions.Add(section[(int)start..(int)end]);
            at = (int)Math.Min(start + Padded(size), section.Length);
        }
        return descriptions;
    }

    static long Padded(uint size) => ((long)size + 3) & ~3L;

    static UsdtProbe? Parse(ExecutableFile file, byte[] description, ulong? actualBase, Architecture architecture)
    {
        if (description.Length < 27) throw new BpfFormatException($"{file.Path}: a USDT note is too short");
        var address = BinaryPrimitives.ReadUInt64LittleEndian(description);
        var noteBase = BinaryPrimitives.ReadUInt64LittleEndian(description.AsSpan(8));
        var semaphore = BinaryPrimitives.ReadUInt64LittleEndian(description.AsSpan(16));
        var at = 24;
        var (provider, name, text) = (NextString(description, ref at), NextString(description, ref at), NextString(description, ref at));
        if (actualBase is { } moved && noteBase != 0)
        {
            address += moved - noteBase;
            if (semaphore != 0) semaphore += moved - noteBase;
        }
        // A note of discarded code (COMDAT) points nowhere.
        if (file.FileOffset(address) is not { } offset) return null;
        var semaphoreOffset = semaphore == 0 ? 0 : file.FileOffset(semaphore) ?? throw new BpfFormatException($"{file.Path}: the semaphore of {provider}:{name} is in no segment");
        return new UsdtProbe(provider, name, offset, semaphoreOffset, text, UsdtArgumentParser.Parse(text, architecture));
    }

    static string NextString(byte[] bytes, ref int at)
    {
        var tail = bytes.AsSpan(Math.Min(at, bytes.Length));
        var end = tail.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? tail : tail[..end]);
        at += (end < 0 ? tail.Length : end) + 1;
        return text;
    }
}
