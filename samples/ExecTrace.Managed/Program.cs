using System.Text;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

// The tracer of samples/ExecTrace without a line of C: the program itself is built here.
var record = new RecordLayout().Add("pid", ScalarType.U32).Add("uid", ScalarType.U32).AddBytes("comm", 16).AddBytes("filename", 256);
var filename = new Field("filename", 16, ScalarType.Pointer); // /sys/kernel/tracing/events/syscalls/sys_enter_execve/format

var build = new ObjectBuilder("exectrace");
build.AddMap(new MapSpec { Name = "events", Type = MapType.PerfEventArray, KeySize = 4, ValueSize = 4 });
build.AddProgram("tracepoint/syscalls/sys_enter_execve", "on_execve", code =>
{
    var e = code.Stack(record.Size);
    code.Store(e, record["pid"], code.Call(HelperFunction.GetCurrentPidTgid) >> 32);
    code.Store(e, record["uid"], code.Call(HelperFunction.GetCurrentUidGid));
    code.Call(HelperFunction.GetCurrentComm, [e.At(record["comm"]), 16]);
    code.ReadUserText(e.At(record["filename"]), 256, code.Load(code.Context, filename));
    code.PerfOutput("events", e, record.Size);
});

using var program = BpfObject.Load(build.Build());
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

void Print(int cpu, ReadOnlySpan<byte> data)
{
    var (pid, uid) = (BitConverter.ToUInt32(data[record["pid"].Offset..]), BitConverter.ToUInt32(data[record["uid"].Offset..]));
    Console.WriteLine($"PID: {pid}, UID: {uid}, COMM: {Text(data.Slice(record["comm"].Offset, 16))}, FILE: {Text(data.Slice(record["filename"].Offset, 256))}");
}

static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);
