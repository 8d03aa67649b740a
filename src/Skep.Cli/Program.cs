using Skep.Agent;
using Skep.Cli;

if (SelfTest.IsMeant(args)) return 0;
return await SkepCommand.RunAsync(args);
