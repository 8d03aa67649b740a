using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf;

using var program = BpfObject.LoadFile(Path.Combine(AppContext.BaseDirectory, "exectrace.bpf.o"));
using var link = program.Programs["on_execve"].Attach();
using var reader = new PerfBufferReader(program.Maps["events"]);

var running = true;
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    running = false;
    reader.Wake();
};
Console.Error.WriteLine("Tracing execve(2), Ctrl-C ends.");
while (running) reader.Poll(Print, TimeSpan.FromSeconds(1));

static void Print(int cpu, ReadOnlySpan<byte> record)
{
    ref readonly var e = ref MemoryMarshal.AsRef<Event>(record);
    Console.WriteLine($"PID: {e.Pid}, UID: {e.Uid}, COMM: {Text(e.Comm)}, FILE: {Text(e.Filename)}");
}

static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);

// The record as exectrace.bpf.c lays it out.
struct Event
{
    public uint Pid;
    public uint Uid;
    public Comm Comm;
    public FileName Filename;
}

[InlineArray(16)]
struct Comm
{
    byte _first;
}

[InlineArray(256)]
struct FileName
{
    byte _first;
}
