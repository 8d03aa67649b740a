using Skep.Engine.Bench;

const string Usage = """
    usage: Skep.Engine.Bench VERB
      match                     text matchers in the kernel: nanoseconds a text and a byte for 1, 100 and 10,000 patterns
      engine kernel [FILTER]    what an observed process pays, by number and kind of policies
      recording                 what recording costs per event, and how much is left of it by ways to pack
      engine receive            from records to JSON: events per second and allocation on one core
      engine start [SKEP]       time to ready by its parts; with a built skep also the memory of "skep run" under load
    """;

switch (args)
{
    case ["match"]: return MatchBench.Run();
    case ["engine", "kernel"]: return KernelBench.Run(null);
    case ["engine", "kernel", var filter]: return KernelBench.Run(filter);
    case ["engine", "receive"]: return ReceiveBench.Run();
    case ["recording"]: return RecordingBench.Run();
    case ["engine", "start"]: return StartBench.Run(null);
    case ["engine", "start", var skep]: return StartBench.Run(skep);
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
