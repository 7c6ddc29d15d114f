import Foundation

var tool = Tool()
exit(tool.run(Array(CommandLine.arguments.dropFirst())))
