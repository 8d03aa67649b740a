namespace Skep.Bpf.KernelTests;

/// <summary>What this binary does inside a new user namespace: asks for a token, and with it creates a map and loads an object.</summary>
static class TokenChild
{
    public const string Argument = "--token-child";

    public static int Run()
    {
        try
        {
            using var request = BpfTokenRequest.Open();
            Console.WriteLine($"{request.ProcessId} {request.Descriptor}");
            _ = Console.ReadLine();
            using var token = request.Complete();
            var fixture = Path.Combine(AppContext.BaseDirectory, "fixtures", "minimal.bpf.o");
            Console.WriteLine($"without: {TryLoad(fixture)}");
            using var map = BpfMap.Create(new MapSpec { Name = "delegated", Type = MapType.LruHash, KeySize = 4, ValueSize = 4, MaxEntries = 8 }, token);
            map.Update([1, 0, 0, 0], [7, 0, 0, 0]);
            var value = new byte[4];
            Console.WriteLine($"map: {map.TryLookup([1, 0, 0, 0], value)} {value[0]}");
            using var loaded = BpfObject.LoadFile(fixture, new LoadOptions { Token = token });
            var info = loaded.Programs["count_getpid"].GetInfo();
            Console.WriteLine($"with: {info.Type} {info.BtfId != 0} {loaded.Variables["first_tgid"].Get<uint>():x}");
            try
            {
                using var array = BpfMap.Create(new MapSpec { Name = "refused", Type = MapType.LpmTrie, KeySize = 8, ValueSize = 4, MaxEntries = 8, Flags = MapFlags.NoPreallocation }, token);
                Console.WriteLine("limits: none");
            }
            catch (BpfSyscallException error)
            {
                Console.WriteLine($"limits: {error.ErrorName}");
            }
            return 0;
        }
        catch (BpfException error)
        {
            Console.WriteLine($"failed: {error.Message}");
            return 1;
        }
    }

    static string TryLoad(string fixture)
    {
        try
        {
            using var loaded = BpfObject.LoadFile(fixture);
            return "loaded";
        }
        catch (BpfSyscallException error)
        {
            return error.ErrorName;
        }
    }
}
