using System.Globalization;
using Skep.Agent.Bench;

const string Usage = """
    usage: Skep.Agent.Bench VERB SKEP …          SKEP is out/skep or a built skep.dll; as root
      export SKEP [SECONDS [RATE]]    as many a second as there can be, or RATE, from the kernel to a file, to one client and to twenty: events per second, losses, processor time, memory; 5 seconds each
      latency SKEP [COUNT]            from a system call to its line in a file, and in a client's stream; 500 calls each
      soak SKEP [MINUTES] [RATE]      5,000 events a second for ten minutes: memory every ten seconds
    """;

try
{
    switch (args)
    {
        case ["export", var skep]: return await ThroughputBench.Run(skep, TimeSpan.FromSeconds(5), null);
        case ["export", var skep, var seconds]: return await ThroughputBench.Run(skep, TimeSpan.FromSeconds(Number(seconds)), null);
        case ["export", var skep, var seconds, var rate]: return await ThroughputBench.Run(skep, TimeSpan.FromSeconds(Number(seconds)), (int)Number(rate));
        case ["latency", var skep]: return await LatencyBench.Run(skep, 500);
        case ["latency", var skep, var count]: return await LatencyBench.Run(skep, (int)Number(count));
        case ["soak", var skep]: return await SoakBench.Run(skep, TimeSpan.FromMinutes(10), 5000);
        case ["soak", var skep, var minutes]: return await SoakBench.Run(skep, TimeSpan.FromMinutes(Number(minutes)), 5000);
        case ["soak", var skep, var minutes, var rate]: return await SoakBench.Run(skep, TimeSpan.FromMinutes(Number(minutes)), (int)Number(rate));
        default: break;
    }
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
}
Console.Error.WriteLine(Usage);
return 2;

static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
