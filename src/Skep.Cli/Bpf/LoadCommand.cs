using System.CommandLine;
using System.Globalization;
using System.Net.NetworkInformation;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf load</c>: loads any object, attaches what it holds, and prints what it says.</summary>
static class LoadCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("object") { Description = "An eBPF object file." };
        file.AcceptExistingOnly();
        var attach = new Option<bool>("--attach", "-a") { Description = "Attach all programs and print what they emit until Ctrl-C." };
        var pin = new Option<string?>("--pin") { Description = "Pin programs, maps and links in this directory of a BPF file system.", HelpName = "directory" };
        var device = new Option<string?>("--interface", "-i") { Description = "Interface for XDP and traffic control programs.", HelpName = "name" };
        var cgroup = new Option<string?>("--cgroup") { Description = "Control group for cgroup programs.", HelpName = "path" };
        var btf = new Option<FileInfo>("--btf") { Description = "Kernel types to relocate against, raw BTF or an ELF file with it, instead of the running kernel's.", HelpName = "file" };
        btf.AcceptExistingOnly();
        var type = new Option<string?>("--type") { Description = "Struct of the object by which records are decoded.", HelpName = "name" };
        var duration = CommonOptions.Duration();
        var format = CommonOptions.Format();
        var command = new Command("load", "Load an object file; attach its programs and print what they emit.") { file, attach, pin, device, cgroup, btf, type, duration, format };
        command.SetAction((parsed, cancellation) => SkepCommand.OnOwnThread(() =>
        {
            var options = new LoadOptions { KernelBtf = parsed.GetValue(btf) is { } types ? Btf.FromFile(types.FullName) : null };
            var pins = parsed.GetValue(pin) is { } directory ? PinDirectory.Prepare(directory) : null;
            var spec = ObjectSpec.FromFile(parsed.GetRequiredValue(file).FullName);
            using var loaded = BpfObject.Load(spec, options);
            using var output = new RecordPrinter(spec.Btf, parsed.GetValue(type), parsed.GetValue(format));
            using var links = new LinkCollection();
            if (parsed.GetValue(attach))
            {
                links.AttachAll(loaded, new AutoAttachOptions { InterfaceIndex = InterfaceIndex(parsed.GetValue(device)), CgroupPath = parsed.GetValue(cgroup), UsdtSpecs = loaded.UsdtSpecs });
            }
            Describe(loaded, links);
            if (parsed.GetValue(attach) && links.Count == 0) return SkepCommand.Fail("no program could be attached");
            var unpinnable = pins?.Pin(loaded, links) ?? 0;
            if (!parsed.GetValue(attach)) return SkepCommand.Success;
            Console.Error.WriteLine("skep: ready");
            Follow(loaded, output, parsed.GetValue(duration), cancellation);
            return links.Failures + unpinnable > 0 ? SkepCommand.Failure : SkepCommand.Success;
        }));
        return command;
    }

    static int InterfaceIndex(string? name)
    {
        if (name is null) return 0;
        var found = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(i => i.Name == name) ?? throw new UserException($"no interface is named '{name}'");
        return int.TryParse(File.ReadAllText($"/sys/class/net/{found.Name}/ifindex"), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var index) ? index : 0;
    }

    /// <summary>What was loaded goes to standard error: standard output is for what the programs say.</summary>
    static void Describe(BpfObject loaded, LinkCollection links)
    {
        foreach (var program in loaded.Programs.Values)
        {
            Console.Error.WriteLine($"program {program.GetInfo().Id} {KernelNames.Of(program.Type)} {program.Name}: {links.StateOf(program)}");
        }
        foreach (var map in loaded.Maps.Values)
        {
            Console.Error.WriteLine($"map {map.GetInfo().Id} {KernelNames.Of(map.Type)} {map.Name}{links.StateOf(map)}");
        }
    }

    static void Follow(BpfObject loaded, RecordPrinter output, TimeSpan? duration, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (duration is { } time) stop.CancelAfter(time);
        var readers = new List<Task>();
        foreach (var map in loaded.Maps.Values)
        {
            if (map.Type == MapType.RingBuffer) readers.Add(Start(() => FollowRing(map, output, stop.Token)));
            if (map.Type == MapType.PerfEventArray) readers.Add(Start(() => FollowPerf(map, output, stop.Token)));
        }
        if (loaded.Spec.Functions.Values.Any(PrintsTrace)) TracePipe.Follow(output, stop.Token);
        stop.Token.WaitHandle.WaitOne();
        Task.WaitAll([.. readers], CancellationToken.None);
    }

    static Task Start(Action read) => Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    static void FollowRing(BpfMap map, RecordPrinter output, CancellationToken stop)
    {
        using var reader = new RingBufferReader();
        reader.Add(map, record => output.Print(map.Name, null, record));
        reader.Run(TimeSpan.FromMilliseconds(100), stop);
        reader.Consume();
    }

    static void FollowPerf(BpfMap map, RecordPrinter output, CancellationToken stop)
    {
        using var reader = new PerfBufferReader(map);
        long lost = 0;
        while (!stop.IsCancellationRequested)
        {
            reader.Poll((cpu, record) => output.Print(map.Name, cpu, record), TimeSpan.FromMilliseconds(100));
            if (reader.Statistics.Lost == lost) continue;
            Console.Error.WriteLine($"skep: {reader.Statistics.Lost - lost} records lost in {map.Name}");
            lost = reader.Statistics.Lost;
        }
    }

    static bool PrintsTrace(FunctionSpec function) =>
        function.Instructions.Any(i => i.IsHelperCall && (HelperFunction)i.Immediate is HelperFunction.TracePrintk or HelperFunction.TraceVprintk);
}
