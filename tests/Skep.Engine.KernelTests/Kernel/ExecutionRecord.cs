using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>An execution as the kernel told it, its further pieces joined.</summary>
sealed class ExecutionRecord
{
    public RecordLayouts.Execution Fixed { get; }
    public byte[] Executable { get; }
    public byte[] Filename { get; }
    public byte[] Cwd { get; }
    public byte[] Cgroup { get; }
    public List<byte> Arguments { get; }
    public List<byte> Environment { get; }
    public string Comm { get; }
    public uint Flags { get; private set; }

    public ExecutionRecord(ReadOnlySpan<byte> record)
    {
        Fixed = MemoryMarshal.Read<RecordLayouts.Execution>(record);
        Flags = Fixed.Header.Flags;
        Comm = Encoding.UTF8.GetString(record.Slice(Marshal.SizeOf<RecordLayouts.Execution>() - 16, 16)).TrimEnd('\0');
        var at = Marshal.SizeOf<RecordLayouts.Execution>();
        Executable = Take(record, Fixed.ExecutableLength, ref at);
        Filename = Take(record, Fixed.FilenameLength, ref at);
        Cwd = Take(record, Fixed.CwdLength, ref at);
        Cgroup = Take(record, Fixed.CgroupLength, ref at);
        Arguments = [.. Take(record, (int)Fixed.ArgumentsLength, ref at)];
        Environment = [.. Take(record, (int)Fixed.EnvironmentLength, ref at)];
        if (at != record.Length) throw new InvalidDataException($"parts end at {at}, the record at {record.Length}");
    }

    public string[] ArgumentList => Encoding.Latin1.GetString([.. Arguments]).TrimEnd('\0').Split('\0');

    public string ExecutablePath => Encoding.Latin1.GetString(Executable);

    public string FilenameText => Encoding.Latin1.GetString(Filename);

    public string CwdPath => Encoding.Latin1.GetString(Cwd);

    public void Add(ReadOnlySpan<byte> record)
    {
        var more = MemoryMarshal.Read<RecordLayouts.MoreBytes>(record);
        var part = more.Part == 0 ? Arguments : Environment;
        if (more.Offset != part.Count) throw new InvalidDataException($"a piece of part {more.Part} begins at {more.Offset} and not at {part.Count}");
        part.AddRange(record.Slice(Marshal.SizeOf<RecordLayouts.MoreBytes>(), (int)more.Length));
        Flags |= more.Header.Flags;
    }

    static byte[] Take(ReadOnlySpan<byte> record, int length, ref int at)
    {
        var part = record.Slice(at, length).ToArray();
        at += length;
        return part;
    }
}
