using System.Text;

namespace Skep.Cli.Tests;

/// <summary>Builds records as <c>bpf/exec.bpf.c</c> does.</summary>
static class ProcessRecord
{
    public static byte[] Exec(byte[] filename, byte[] arguments, uint flags = 0) => Build(1, 0, filename, arguments, flags);

    public static byte[] Exec(string filename, params string[] arguments) =>
        Exec(Encoding.UTF8.GetBytes(filename), Encoding.UTF8.GetBytes(string.Concat(arguments.Select(a => a + "\0"))));

    public static byte[] Exit(uint status) => Build(2, status, [], [], 0);

    static byte[] Build(uint kind, uint status, byte[] filename, byte[] arguments, uint flags)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(kind);
        writer.Write(1234u);
        writer.Write(1u);
        writer.Write(1000u);
        writer.Write(5_000_000_000ul);
        writer.Write(3_000_000_000ul);
        writer.Write(77ul);
        writer.Write(Encoding.UTF8.GetBytes("cat".PadRight(16, '\0')));
        writer.Write(status);
        writer.Write((ushort)filename.Length);
        writer.Write((ushort)arguments.Length);
        writer.Write(flags);
        writer.Write(0u);
        writer.Write(filename);
        writer.Write(arguments);
        return stream.ToArray();
    }
}
